"""The handoff to a volunteer circle: a coordinator proposes, a volunteer takes on the task."""
