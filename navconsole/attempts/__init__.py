"""The attempts: a list to find them in and a page for each, with its pictures."""

from navconsole.attempts.views import blueprint

__all__ = ["blueprint"]
