"""Views of the remembered places: the list, one of them, what people do with it, what a policy would have done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.attempts.pictures import PICTURE_POLICY
from navconsole.auth import sessions
from navconsole.auth.permissions import may_see
from navconsole.i18n import format_number
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.tuning.place_forms import DEFAULT_ATTEMPTS, ActForm, RebuildForm, TrialForm, as_written, parse_query
from navconsole.tuning.places import (
    build_place,
    build_places,
    is_of,
    place_of_run,
    policy_in_use,
    policy_of,
    visible,
)
from navconsole.tuning.trial_answers import KIND_HELP, KIND_NAMES, applications_of, build_trials, view_of
from navigation.cache_trial import VERSION
from navigation.errors import ConflictError, StoreError
from navigation.ids import is_id, new_id
from navigation.place_records import PlaceAct, PlaceChange, PolicyTrial, RememberedPlace, TrialAsked
from navigation.records import AuditEvent
from navigation.store import sentences


def index() -> Any:
    page = build_places(services().store, g.user, parse_query(request.args), _now())
    return render_template("tuning/places.html", page=page)


def place(place_id: int) -> Any:
    return _page(_visible_place(place_id))


def patch(place_id: int) -> Response:
    """The picture of the control as it is remembered; each view is on record, as of other pictures."""
    _visible_place(place_id)
    data = services().store.place_patch(place_id)
    if data is None:
        abort(404)
    sessions.audit(g.user.id, "place_viewed", object_kind="place", object_id=str(place_id))
    response = make_response(data)
    response.headers["Content-Type"] = "image/png"
    response.headers["Content-Disposition"] = 'inline; filename="place.png"'
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def change(place_id: int) -> Any:
    """Pin, let go, put aside, put back or forget, with a reason."""
    known = _visible_place(place_id)
    form = ActForm()
    if not form.validate_on_submit():
        return _page(known, act=form, status=422)
    made = _change(form.act.data, form.reason.data)
    try:
        services().store.change_place(place_id, made, seen=form.seen.data or "", event=_event(known, made.act))
    except ConflictError as err:
        return _page(_visible_place(place_id), act=form, problem=err.template, status=409)
    except StoreError as err:
        if err.template != sentences.NO_PLACE:
            raise
        abort(404)
    if made.act == "forget":
        return redirect(_list_of(known), 303)
    return redirect(url_for("places.place", place_id=place_id), 303)


def rebuild(place_id: int) -> Any:
    """Learn the place anew from a verified attempt's stored picture, as the engine does after a press."""
    known = _visible_place(place_id)
    form = RebuildForm()
    if not form.validate_on_submit():
        return _page(known, rebuild=form, status=422)
    store, attempt_id = services().store, form.attempt.data
    detail = store.attempt(attempt_id) if is_id(attempt_id) else None
    if detail is None or detail.finish is None or not is_of(store, detail, known):
        abort(400)
    found = place_of_run(store, detail)
    if found is None:
        return _page(known, rebuild=form, is_unlearnable=True, status=422)
    made = _change("rebuild", form.reason.data)
    event = _event(known, "rebuild", attempt=attempt_id)
    try:
        store.rebuild_place(
            place_id,
            found,
            made,
            verified_at=detail.finish.finished_at,
            seen=form.seen.data or "",
            event=event,
        )
    except ConflictError as err:
        return _page(_visible_place(place_id), rebuild=form, problem=err.template, status=409)
    return redirect(url_for("places.place", place_id=place_id), 303)


def trials() -> Any:
    return _trials()


def start_trial() -> Any:
    """Ask what a policy would have done; an answer that is there already is shown at once."""
    form, store = TrialForm(), services().store
    if form.application.data not in applications_of(store, g.user):
        abort(400)
    if not form.validate_on_submit():
        return _trials(form, status=422)
    in_use = policy_in_use(store)
    asked = TrialAsked(
        id=new_id(),
        application=form.application.data,
        policy=form.policy(in_use),
        in_use=in_use,
        wanted=form.attempts(),
        author_id=g.user.id,
        author=g.user.name,
        at=_now(),
    )
    details = {"application": asked.application}
    event = sessions.audit_event(g.user.id, "policy_tried", object_kind="trial", object_id=asked.id, details=details)
    try:
        found, is_new = store.start_trial(asked, version=VERSION, event=event)
    except ConflictError as err:
        return _trials(form, problem=err.template, status=409)
    except StoreError as err:
        if err.template != sentences.NOTHING_TO_TRY:
            raise
        return _trials(form, problem=err.template, status=422)
    if is_new:
        _carry_out(found)
    return redirect(url_for("places.trial", trial_id=found.asked.id), 303)


def trial(trial_id: str) -> Any:
    """How far a trial is, or its answer."""
    view = view_of(_visible_trial(trial_id), _now())
    name = "tuning/_trial.html" if is_fragment_request() else "tuning/trial.html"
    return render_template(name, view=view, names=KIND_NAMES, help=KIND_HELP)


def cancel_trial(trial_id: str) -> Any:
    _visible_trial(trial_id)
    if services().store.end_trial(trial_id, "cancelled", _now()):
        sessions.audit(g.user.id, "trial_cancelled", object_kind="trial", object_id=trial_id)
    return redirect(url_for("places.trial", trial_id=trial_id), 303)


def _carry_out(found: PolicyTrial) -> None:
    """In a process of its own; a console that only shows has none, and says so by a failed trial."""
    runner = services().trials
    try:
        if runner is None:
            services().store.end_trial(found.asked.id, "failed", _now())
        else:
            runner.start(found.asked.id)
    except StoreError:
        services().store.end_trial(found.asked.id, "failed", _now())
        raise


def _visible_place(place_id: int) -> RememberedPlace:
    """The place, or 404: what one may not see does not exist."""
    found = services().store.place(place_id) if place_id < 2**63 else None
    if found is None or not visible(found, g.user):
        abort(404)
    return found


def _visible_trial(trial_id: str) -> PolicyTrial:
    found = services().store.trial(trial_id) if is_id(trial_id) else None
    if found is None or not may_see(g.user, found.asked.application):
        abort(404)
    return found


def _page(known: RememberedPlace, *, status: int = 200, **more: Any) -> Any:
    page = build_place(services().store, known, _now())
    values = {"act": ActForm(formdata=None), "rebuild": RebuildForm(formdata=None), "problem": "", **more}
    return make_response(render_template("tuning/place.html", page=page, **values), status)


def _trials(form: TrialForm | None = None, *, problem: str = "", status: int = 200) -> Any:
    """The form, filled with the policy in use (or the configuration's that is asked for), and earlier trials."""
    store = services().store
    known = applications_of(store, g.user)
    asked = form.application.data if form else request.args.get("application", "")
    application = asked if asked in known else next(iter(known), "")
    in_use = policy_in_use(store)
    start = policy_of(store, request.args.get("config", type=int)) or in_use
    filled = form or TrialForm(formdata=None, data=as_written(start, DEFAULT_ATTEMPTS, format_number))
    filled.application.choices = list(known)
    filled.application.data = application
    answer = render_template(
        "tuning/trials.html",
        form=filled,
        application=application,
        policy=in_use,
        views=build_trials(store, application, _now()),
        problem=problem,
    )
    return make_response(answer, status)


def _change(act: PlaceAct, reason: str) -> PlaceChange:
    return PlaceChange(act, g.user.id, g.user.name, reason, _now())


def _event(known: RememberedPlace, act: PlaceAct, **details: str) -> AuditEvent:
    kept = {"application": known.application, "screen": known.screen, **details}
    return sessions.audit_event(g.user.id, f"place_{act}", object_kind="place", object_id=str(known.id), details=kept)


def _list_of(known: RememberedPlace) -> str:
    return url_for("places.index", application=known.application, screen=known.screen)


def _now() -> datetime:
    return datetime.now(UTC)
