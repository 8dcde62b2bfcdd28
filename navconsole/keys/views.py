"""A person's own keys: shown, changed, given back."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.auth.gate import NOBODY_ID
from navconsole.i18n import mark as _
from navconsole.keys.table import CAUSE_KEYS, NAMES, TABLE, WHERE, effective, problems_with, translation
from navconsole.services import services

blueprint = Blueprint("keys", __name__)

PREFERENCE = "keys"
ERRORS = {
    "one": _("One character, which can be seen."),
    "twice": _("This key stands for two things."),
}


@blueprint.app_context_processor
def keys_of_reader() -> dict[str, Any]:
    """For every page: the reader's keys by name, and what the browser has to translate."""
    own = own_keys()
    translated = translation(own)
    return {
        "keys": effective(own),
        "key_table": TABLE,
        "key_places": WHERE,
        "cause_keys": CAUSE_KEYS,
        "label_keys": json.dumps({key.default: key.name for key in TABLE if key.where == "label"}),
        "own_keys": json.dumps(translated) if translated else "",
    }


@blueprint.route("/account/keys", methods=["GET", "POST"])
def own() -> Any:
    if request.method == "GET":
        return _page(effective(own_keys()))
    asked = {} if "reset" in request.form else {name: request.form.get(name, "").strip() for name in NAMES}
    chosen = effective(asked)
    wrong = problems_with(chosen)
    if wrong:
        return _page(chosen, wrong, status=422)
    if g.user.id != NOBODY_ID:
        changed = {key.name: chosen[key.name] for key in TABLE if chosen[key.name] != key.default}
        services().store.set_preference(g.user.id, PREFERENCE, changed)
        sessions.audit(g.user.id, "keys_changed", object_kind="user", object_id=g.user.id)
    return redirect(url_for("keys.own"), 303)


def own_keys() -> dict[str, str]:
    """The keys that the reader has changed, by name."""
    if g.get("user") is None or g.user.id == NOBODY_ID:
        return {}
    kept = services().store.preferences(g.user.id).get(PREFERENCE, {})
    return {name: key for name, key in kept.items() if name in NAMES}


def _page(chosen: dict[str, str], wrong: dict[str, str] | None = None, *, status: int = 200) -> Any:
    page = render_template("keys/own.html", chosen=chosen, wrong=wrong or {}, errors=ERRORS)
    return make_response(page, status)
