"""Jobcenter: being written."""

API_VERSION = 1
