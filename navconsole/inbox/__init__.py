"""Runs that wait for a person: take over, resume, abandon."""

from navconsole.inbox.views import blueprint

__all__ = ["blueprint"]
