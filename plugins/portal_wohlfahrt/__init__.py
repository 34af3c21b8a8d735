"""The handoff to a welfare association's advice service, of which the content stays there."""
