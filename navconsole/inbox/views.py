"""Routes of the inbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, g, make_response, redirect, render_template, url_for

from navconsole.auth import sessions
from navconsole.i18n import current_language, translator
from navconsole.inbox.context import build_inbox
from navconsole.inbox.forms import StepForm
from navconsole.inbox.several import halted_by_stop
from navconsole.services import services
from navconsole.stop.context import WAITS_FOR
from navconsole.visible import visible_run
from navigation.oversight import RunStep

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


@blueprint.get("")
def index() -> Any:
    return _page()


@blueprint.post("/<run_id>")
def step(run_id: str) -> Any:
    visible_run(run_id)
    form = StepForm()
    if not form.validate_on_submit():
        if form.step.errors:
            abort(400)
        return _page(form, run_id=run_id, status=422)
    done = RunStep(
        run_id, form.attempt_id.data, form.step.data, g.user.id, g.user.name, form.note.data, datetime.now(UTC)
    )
    services().store.add_run_step(done)
    sessions.audit(g.user.id, f"run_{done.step}", object_kind="run", object_id=run_id)
    return redirect(url_for("inbox.index"), 303)


def _page(form: StepForm | None = None, *, run_id: str = "", status: int = 200) -> Any:
    now = datetime.now(UTC)
    runs = services().store.waiting_runs(since=now - WAITS_FOR, applications=g.user.applications)
    inbox = build_inbox(runs, now, user_id=g.user.id, translate=translator(current_language()))
    page = render_template(
        "inbox/index.html", inbox=inbox, form=form, form_run=run_id, halted=len(halted_by_stop(runs))
    )
    return make_response(page, status)
