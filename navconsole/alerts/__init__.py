"""Telling people who do not look at the console: by e-mail and by a webhook."""

from navconsole.alerts.views import blueprint

__all__ = ["blueprint"]
