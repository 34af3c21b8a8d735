"""For plugin authors: PluginContract, fixtures and the factory the core's own tests use."""
