"""The documents by which the operator accounts for the portal (Art. 5 (2) GDPR)."""
