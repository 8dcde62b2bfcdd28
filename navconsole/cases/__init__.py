"""Cases: chosen from labels, gathered in sets, exported as fixtures, brought in from files, re-opened by red runs."""

from navconsole.cases import export_views
from navconsole.cases.views import blueprint

__all__ = ["blueprint", "export_views"]
