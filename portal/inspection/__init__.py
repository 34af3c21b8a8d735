"""The access log as data protection reads it: without names, and with names by two people."""
