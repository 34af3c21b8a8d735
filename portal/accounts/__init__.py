"""Organisations, units, people, roles and log-in."""
