"""Routes of the configurations: all of them, a new one, one put into use."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.i18n import format_number
from navconsole.services import services
from navconsole.tuning.config_forms import ConfigForm, UseForm, as_written
from navconsole.tuning.configs import body_to_use, build_page, may_change
from navigation.configurations import limits_of, with_limits
from navigation.errors import ConflictError, StoreError
from navigation.records import ConfigRecord

blueprint = Blueprint("tuning", __name__, url_prefix="/tuning")


@blueprint.get("/configurations")
def configs() -> Any:
    return _page()


@blueprint.post("/configurations")
def add_config() -> Any:
    """A new number, not put into use; the limits of an older one are that older one."""
    active = _active_to_change()
    form = ConfigForm()
    if not form.validate_on_submit():
        return _page(form=form, status=422)
    body = with_limits(active.body, form.limits(limits_of(active.body)))
    event = sessions.audit_event(g.user.id, "config_added", object_kind="config")
    made = services().store.add_config(body, g.user.name, form.note.data, event=event)
    return redirect(url_for("tuning.configs", _anchor=f"config-{made.id}"), 303)


@blueprint.post("/configurations/<int:config_id>/use")
def use_config(config_id: int) -> Any:
    """Put into use: the limits of this number on the readers of today, which may be a number of its own."""
    active = _active_to_change()
    store = services().store
    chosen = store.config(config_id)
    if chosen is None:
        abort(404)
    form = UseForm()
    if not form.validate_on_submit():
        return _page(use=form, used=config_id, status=422)
    event = sessions.audit_event(g.user.id, "config_added", object_kind="config")
    body = body_to_use(chosen, active)
    target = store.add_config(body, g.user.name, chosen.note, event=event)
    event = sessions.audit_event(g.user.id, "config_activated", object_kind="config", object_id=str(target.id))
    seen = int(form.seen.data) if form.seen.data.isascii() and form.seen.data.isdigit() else 0
    try:
        store.activate_config(target.id, seen=seen, author=g.user.name, reason=form.reason.data, event=event)
    except ConflictError as err:
        return _page(use=form, used=config_id, problem=err.template, status=409)
    return redirect(url_for("tuning.configs"), 303)


def _active_to_change() -> ConfigRecord:
    """The configuration in use; 403 for whom it is not to change, 404 before there is one."""
    if not may_change(g.user):
        abort(403)
    try:
        return services().store.active_config()
    except StoreError:
        abort(404)


def _policy_asked() -> dict[str, str]:
    """What a link says of the policy to start from, such as one that was tried; checked when it is sent."""
    return {name: value for name in ("agreement", "max_age_days", "window_px") if (value := request.args.get(name))}


def _page(
    *,
    form: ConfigForm | None = None,
    use: UseForm | None = None,
    used: int = 0,
    problem: str = "",
    status: int = 200,
) -> Any:
    try:
        page = build_page(services().store, g.user)
    except StoreError as err:
        return render_template("tuning/no_config.html", sentence=err.template)
    base = request.args.get("from", type=int)
    start = next((version for version in page.versions if version.config.id == base), page.in_use)
    written = {**as_written(start.limits, format_number), **_asked(), **_policy_asked()}
    filled = form or ConfigForm(formdata=None, data=written)
    answer = render_template(
        "tuning/configs.html", page=page, form=filled, start=start, use=use, used=used, problem=problem
    )
    return make_response(answer, status)


def _asked() -> dict[str, str]:
    """Score and margin that the address brings along, from a picture or a certificate."""
    return {name: request.args[name] for name in ("score", "margin") if request.args.get(name)}
