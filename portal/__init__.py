"""Hand in Hand: a portal in which every handoff gets an answer."""

__version__ = "0.1.0"
