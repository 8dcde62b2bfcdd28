"""Workflows and profiles for people: the commands that check and add their files, and the pages that show them."""

from navconsole.workflows.views import blueprint

__all__ = ["blueprint"]
