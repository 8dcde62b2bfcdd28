"""Tuning: configurations and what speaks for them."""

from navconsole.tuning import shadow_views
from navconsole.tuning.config_views import blueprint

__all__ = ["blueprint", "shadow_views"]
