"""The handoff to a language course: entitlement, placement test, seat offer, what became of it."""
