"""Routes of several runs at once: preview, confirmation, what was done, taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.auth.permissions import may_see
from navconsole.inbox.forms import SeveralForm, parse_several
from navconsole.inbox.several import Done, build_done, build_preview, halted_by_stop, steps_for
from navconsole.inbox.views import blueprint
from navconsole.services import services
from navconsole.stop.context import WAITS_FOR
from navconsole.visible import visible_run
from navigation.errors import ConflictError
from navigation.oversight import RunStep, WaitingRun


@blueprint.route("/several", methods=["GET", "POST"])
def several() -> Any:
    """GET: what was done at a moment of the address. POST without a step: the preview; with one, that is done."""
    if request.method == "GET":
        return _done_page(_done(request.args.get("at", "")))
    form = parse_several(request.form)
    if form is None:
        abort(400)
    if request.form.get("choose") == "stopped":
        halted = halted_by_stop(_waiting())
        form = SeveralForm([(run.run_id, run.attempt_id) for run in halted], form.step, form.note)
    for run_id, _ in form.chosen:
        visible_run(run_id)
    if not form.chosen:
        return redirect(url_for("inbox.index"), 303)
    if not form.step or form.error:
        return _preview_page(form, status=422 if form.error else 200)
    now = datetime.now(UTC)
    try:
        _add(steps_for(form.chosen, form.step, g.user, now, form.note))  # type: ignore[arg-type]
    except ConflictError:
        return _preview_page(form, status=409)
    return redirect(url_for("inbox.several", at=now.isoformat()), 303)


@blueprint.post("/several/back")
def take_back() -> Any:
    """Undo a resuming: what no robot has gone on with is in the person's hands."""
    done = _done(request.form.get("at", ""))
    now = datetime.now(UTC)
    pairs = [(step.run_id, step.attempt_id) for step in done.returnable]
    if not pairs:
        return _done_page(done, status=409)
    try:
        _add(steps_for(pairs, "taken_over", g.user, now))
    except ConflictError:  # a robot was quicker, or somebody else: shown anew
        return _done_page(_done(request.form.get("at", "")), status=409)
    return redirect(url_for("inbox.index"), 303)


def _add(steps: Sequence[RunStep]) -> None:
    events = [
        sessions.audit_event(
            g.user.id, f"run_{step.step}", object_kind="run", object_id=step.run_id, details={"at_once": len(steps)}
        )
        for step in steps
    ]
    services().store.add_run_steps(steps, events)


def _waiting() -> Sequence[WaitingRun]:
    since = datetime.now(UTC) - WAITS_FOR
    return services().store.waiting_runs(since=since, applications=g.user.applications)


def _preview_page(form: SeveralForm, *, status: int) -> Any:
    preview = build_preview(services().store, _waiting(), form.chosen)
    page = render_template("inbox/several.html", preview=preview, form=form, is_conflict=status == 409)
    return make_response(page, status)


def _done(moment: str) -> Done:
    """What the reader did at a moment, or 404."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        abort(404)
    found = build_done(services().store, g.user, at) if at.tzinfo else None
    if found is None or not all(may_see(g.user, standing.application) for standing in found.standings):
        abort(404)
    return found


def _done_page(done: Done, *, status: int = 200) -> Any:
    return make_response(render_template("inbox/done.html", done=done, is_late=status == 409), status)
