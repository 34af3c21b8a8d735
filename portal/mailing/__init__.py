"""Messages on their way: what leaves by mail, when and where to, and the inbox in the portal."""
