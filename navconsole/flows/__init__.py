"""The clinician's pages: log-in flows as films to confirm, sign-offs, and second opinions on single presses."""

from navconsole.flows.opinions import blueprint as opinions
from navconsole.flows.views import blueprint

__all__ = ["blueprint", "opinions"]
