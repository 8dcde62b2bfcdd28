"""Views of replays in bulk: all of them and a new one, one of them while it goes on and after, one attempt of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.auth.permissions import may_see
from navconsole.replay.asking import AskedError, ask, may_see_run, setting_for
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.tuning.replay_form import CASES, EVERY, OF_SET, ReplayForm, readings
from navconsole.tuning.replays import KINDS, build_attempt, build_list, build_page
from navigation.errors import ConflictError, StoreError
from navigation.ids import is_id
from navigation.records import AttemptFilter
from navigation.replays import ReplayRun, RunState
from navigation.store import sentences

MOST_SEQ = 2**63 - 1


def index() -> Any:
    return _list()


def start() -> Any:
    """Keep a run and have it carried out by the process beside the server."""
    form, store = ReplayForm(), services().store
    if not form.validate_on_submit():
        return _list(form, status=422)
    event = sessions.audit_event(g.user.id, "replay_asked", object_kind="replay")
    try:
        setting = setting_for(store, **form.setting(), language=_language())
        run = ask(store, form.asked(), setting, g.user, zone=g.timezone, now=_now(), event=event)
    except AskedError as err:
        return _list(form, problem=str(err), status=422)
    except StoreError as err:
        if err.template != sentences.NOTHING_TO_REPLAY:
            raise
        return _list(form, problem=err.template, status=422)
    _carry_out(run)
    return redirect(url_for("replays.replay", replay_id=run.id), 303)


def replay(replay_id: str) -> Any:
    """How far a run is and what came of it; asked again while it goes on, and shown whole once it is through."""
    run = _visible(replay_id)
    after = request.args.get("after", 0, type=int)
    kind = request.args.get("kind", "")
    page = build_page(services().store, run, g.user, _now(), kind=kind, after=max(0, min(after, MOST_SEQ)))
    if not is_fragment_request():
        return render_template("tuning/replay.html", page=page)
    answer = make_response(render_template("tuning/_replay.html", page=page))
    if not page.view.is_running:
        answer.headers["HX-Refresh"] = "true"
    return answer


def pause(replay_id: str) -> Any:
    return _change(replay_id, "paused", "replay_paused")


def resume(replay_id: str) -> Any:
    """Go on with a run that was paused, or whose worker is gone."""
    run = _visible(replay_id)
    if run.is_open and not run.is_worked_on(_now()):
        answer = _change(replay_id, "running", "replay_resumed")
        _carry_out(run)
        return answer
    return _change(replay_id, "running", "replay_resumed")


def cancel(replay_id: str) -> Any:
    return _change(replay_id, "cancelled", "replay_cancelled")


def attempt(replay_id: str, attempt_id: str) -> Any:
    """One attempt on its picture: what was pressed then, and what would be."""
    run, store = _visible(replay_id), services().store
    detail = store.attempt(attempt_id) if is_id(attempt_id) else None
    if detail is None or not may_see(g.user, detail.start.application):
        abort(404)
    kind = request.args.get("kind", "")
    view = build_attempt(store, run, g.user, detail, kind)
    if view is None:
        abort(404)
    return render_template("tuning/replay_attempt.html", view=view, kind=kind if kind in KINDS else "")


def _change(replay_id: str, state: RunState, deed: str) -> Any:
    _visible(replay_id)
    event = sessions.audit_event(g.user.id, deed, object_kind="replay", object_id=replay_id)
    try:
        services().store.change_replay(replay_id, state, _now(), event=event)
    except ConflictError as err:
        page = build_page(services().store, _visible(replay_id), g.user, _now(), kind="", after=0)
        return make_response(render_template("tuning/replay.html", page=page, problem=err.template), 409)
    return redirect(url_for("replays.replay", replay_id=replay_id), 303)


def _carry_out(run: ReplayRun) -> None:
    """By the process beside the server; a console that only shows has none, and leaves it to the shell."""
    runner = services().replays
    if runner is not None:
        runner.start(run.id, ends_other=False)


def _visible(replay_id: str) -> ReplayRun:
    """The run, or 404: what one may not see does not exist."""
    run = services().store.replay(replay_id) if is_id(replay_id) else None
    if run is None or not may_see_run(run, g.user):
        abort(404)
    return run


def _language() -> str:
    """What this server reads in."""
    try:
        return str(services().store.active_config().body.get("language", ""))
    except StoreError:
        return ""


def _list(form: ReplayForm | None = None, *, problem: str = "", status: int = 200) -> Any:
    store, readers = services().store, services().readers
    filled = form or ReplayForm(
        formdata=None, data={"q": request.args.get("q", ""), "config": request.args.get("config", "")}
    )
    filled.of.choices = [EVERY, CASES, *(f"{OF_SET}{one.name}" for one in store.case_sets(g.user.applications))]
    filled.config.choices = [str(config.id) for config in store.configs()]
    filled.readers.choices = readings(list(readers.installed)) if readers else []
    known = store.count_attempts(AttemptFilter(is_running=False, applications=g.user.applications)).total
    views = build_list(store, g.user, _now())
    answer = render_template(
        "tuning/replays.html", form=filled, views=views, known=known, problem=problem, has_worker=services().replays
    )
    return make_response(answer, status)


def _now() -> datetime:
    return datetime.now(UTC)
