"""The handoff to a housing course or another workshop: a place in it, and its certificate."""
