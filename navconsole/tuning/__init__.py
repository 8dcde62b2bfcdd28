"""Tuning: limits and certificates, configurations, shadow mode, replays in bulk, remembered places.

What counts and draws is loaded when it is first asked for.
"""

from flask import Blueprint

from navconsole.later import later
from navconsole.tuning import shadow_views
from navconsole.tuning.config_views import blueprint

__all__ = ["blueprint", "place_blueprint", "replay_blueprint", "shadow_views"]

LIMITS = (
    ("", "GET", "index"),
    ("/plans", "POST", "declare"),
    ("/plans/<plan_id>/look", "POST", "take"),
    ("/plans/<plan_id>/draw", "POST", "draw"),
    ("/certificates/<certificate_id>", "GET", "certificate"),
)
PLACES = (
    ("", "GET", "index"),
    ("/<int:place_id>", "GET", "place"),
    ("/<int:place_id>/patch.png", "GET", "patch"),
    ("/<int:place_id>", "POST", "change"),
    ("/<int:place_id>/rebuild", "POST", "rebuild"),
    ("/trials", "GET", "trials"),
    ("/trials", "POST", "start_trial"),
    ("/trials/<trial_id>", "GET", "trial"),
    ("/trials/<trial_id>/cancel", "POST", "cancel_trial"),
)

REPLAYS = (
    ("", "GET", "index"),
    ("", "POST", "start"),
    ("/<replay_id>", "GET", "replay"),
    ("/<replay_id>/pause", "POST", "pause"),
    ("/<replay_id>/resume", "POST", "resume"),
    ("/<replay_id>/cancel", "POST", "cancel"),
    ("/<replay_id>/attempts/<attempt_id>", "GET", "attempt"),
)

place_blueprint = Blueprint("places", __name__, url_prefix="/tuning/places")
replay_blueprint = Blueprint("replays", __name__, url_prefix="/tuning/replays")

for _rule, _method, _name in LIMITS:
    blueprint.add_url_rule(_rule, _name, later("navconsole.tuning.tuning_views", _name), methods=[_method])
for _rule, _method, _name in PLACES:
    place_blueprint.add_url_rule(_rule, _name, later("navconsole.tuning.place_views", _name), methods=[_method])
for _rule, _method, _name in REPLAYS:
    replay_blueprint.add_url_rule(_rule, _name, later("navconsole.tuning.replay_views", _name), methods=[_method])
