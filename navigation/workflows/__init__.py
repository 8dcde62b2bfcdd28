"""Workflows and application profiles: from a file's text to a checked plan, and the state of a run of it. Pure."""
