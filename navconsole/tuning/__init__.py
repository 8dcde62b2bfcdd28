"""Tuning: configurations, certificates from audit labels, sweeps over what attempts had found."""

from navconsole.tuning import shadow_views
from navconsole.tuning.config_views import blueprint

__all__ = ["blueprint", "shadow_views"]
