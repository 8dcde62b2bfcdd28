"""Tuning: configurations, certificates from audit labels, sweeps over what attempts had found."""

from navconsole.later import later
from navconsole.tuning import shadow_views
from navconsole.tuning.config_views import blueprint
from navconsole.tuning.place_views import blueprint as places

__all__ = ["blueprint", "places", "shadow_views"]

for rule, method, name in (
    ("", "GET", "index"),
    ("/plans", "POST", "declare"),
    ("/plans/<plan_id>/look", "POST", "take"),
    ("/plans/<plan_id>/draw", "POST", "draw"),
    ("/certificates/<certificate_id>", "GET", "certificate"),
):
    blueprint.add_url_rule(rule, name, later("navconsole.tuning.tuning_views", name), methods=[method])
