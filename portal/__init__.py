"""Hand in Hand: a portal in which every handoff gets an answer."""

from datetime import date

__version__ = "0.1.0"
RELEASED_ON = date(2026, 11, 22)  # the day of this version: the operator's documents bear it
