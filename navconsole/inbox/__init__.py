"""Runs that wait for a person: take over, resume, abandon."""

from navconsole.inbox import several_views  # noqa: F401  (its routes)
from navconsole.inbox.views import blueprint

__all__ = ["blueprint"]
