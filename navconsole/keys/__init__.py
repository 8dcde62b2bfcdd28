"""The keys of all pages: one table, which pages, cheat sheet and tests read, and which a person may change."""

from navconsole.keys.views import blueprint

__all__ = ["blueprint"]
