"""Stopping robots and letting them go: the page, the red button of every page's bar, the command."""

from navconsole.stop.views import blueprint

__all__ = ["blueprint"]
