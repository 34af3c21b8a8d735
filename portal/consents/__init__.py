"""Consents: to whom, for what purpose, which data, until when."""
