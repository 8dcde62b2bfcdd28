"""The HTTP API that robots use; see docs/api.md."""

from navconsole.api.views import blueprint

__all__ = ["blueprint"]
