"""Appointments in people's own calendars: feeds at secret addresses, and single files."""
