"""Tuning: configurations and what speaks for them."""

from navconsole.tuning.config_views import blueprint

__all__ = ["blueprint"]
