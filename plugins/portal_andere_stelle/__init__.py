"""Offices without a plugin of their own: the smallest real plugin."""
