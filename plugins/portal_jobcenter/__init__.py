"""The handoff to a Jobcenter: request, documents at hand, obligations and where they lead."""
