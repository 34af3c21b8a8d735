"""The handoff to a Jobcenter."""
