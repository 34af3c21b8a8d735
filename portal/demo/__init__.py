"""The demo county: fictional people and organisations, made through the same commands."""
