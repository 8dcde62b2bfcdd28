"""Routes of shadow mode: what a configuration on trial would have answered; begin and end of a trial."""

from __future__ import annotations

from typing import Any

from flask import abort, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.services import services
from navconsole.tuning.config_forms import ShadowForm
from navconsole.tuning.config_views import blueprint
from navconsole.tuning.configs import may_change
from navconsole.tuning.shadow import build_page
from navigation.errors import ConflictError, StoreError


@blueprint.get("/shadow")
def shadow() -> Any:
    return _page(ShadowForm(formdata=None))


@blueprint.post("/shadow")
def begin_shadow() -> Any:
    if not may_change(g.user):
        abort(403)
    form = ShadowForm()
    if not form.validate_on_submit():
        return _page(form, status=422)
    event = sessions.audit_event(g.user.id, "trial_begun", object_kind="config", object_id=form.config.data)
    try:
        services().store.begin_shadow(
            int(form.config.data), author_id=g.user.id, author=g.user.name, reason=form.reason.data, event=event
        )
    except StoreError as err:
        return _page(form, problem=err.template, status=409 if isinstance(err, ConflictError) else 422)
    return redirect(url_for("tuning.shadow"), 303)


@blueprint.post("/shadow/<int:shadow_id>/end")
def end_shadow(shadow_id: int) -> Any:
    if not may_change(g.user):
        abort(403)
    event = sessions.audit_event(g.user.id, "trial_ended", object_kind="trial", object_id=str(shadow_id))
    try:
        services().store.end_shadow(shadow_id, event=event)
    except ConflictError as err:
        return _page(ShadowForm(formdata=None), problem=err.template, status=409)
    return redirect(url_for("tuning.shadow", trial=shadow_id), 303)


def _page(form: ShadowForm, *, problem: str = "", status: int = 200) -> Any:
    difference = request.args.get("difference", "")
    page = build_page(
        services().store,
        g.user,
        trial_id=request.args.get("trial", type=int),
        difference=difference,
        before=request.args.get("before", type=int),
    )
    answer = render_template("tuning/shadow.html", page=page, form=form, problem=problem, difference=difference)
    return make_response(answer, status)
