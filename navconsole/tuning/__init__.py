"""Tuning: configurations and what speaks for them."""

from navconsole.tuning.config_views import blueprint
from navconsole.tuning.place_views import blueprint as places

__all__ = ["blueprint", "places"]
