"""Routes of cases and their sets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.attempts import pictures
from navconsole.attempts.outcomes import outcome_view
from navconsole.auth import sessions
from navconsole.auth.permissions import blind_reader, may, may_see
from navconsole.cases import words
from navconsole.cases.forms import MAX_NAME, STATES, parse_cases
from navconsole.cases.making import case_for
from navconsole.security import is_fragment_request
from navconsole.services import services
from navigation.case_records import CaseFilter, CaseSet, StoredCase
from navigation.ids import is_id, new_id
from navigation.records import AttemptDetail
from navigation.types import Outcome

blueprint = Blueprint("cases", __name__, url_prefix="/cases")
PAGE = 60


@blueprint.app_context_processor
def case_words() -> dict[str, Any]:
    return {"case_words": words, "case_of_attempt": case_of_attempt, "may_make_cases": may_make_cases}


def case_of_attempt(attempt_id: str) -> StoredCase | None:
    return None if _waits_for_blind_answer(attempt_id) else services().store.case_of_attempt(attempt_id)


def may_make_cases() -> bool:
    return g.get("user") is not None and may(g.user, "cases.of", "POST")


@blueprint.get("")
def index() -> Any:
    """The cases, re-opened ones first, and the sets."""
    store = services().store
    sets = store.case_sets(g.user.applications)
    query = parse_cases(request.args, sets)
    found = store.cases(query.filter(g.user.applications), after=query.after, limit=PAGE + 1)
    shown = found[:PAGE]
    kept = store.kept_from(blind_reader(g.user), [case.attempt_id for case in shown])
    rest: dict[str, Any] | None = {**query.pairs(), "after": shown[-1].id} if len(found) > PAGE else None
    return render_template(
        "cases/index.html",
        cases=[case for case in shown if case.attempt_id not in kept],
        expected={case.id: json.loads(case.body)["expected"] for case in shown},
        counts=store.count_cases(CaseFilter(applications=g.user.applications)),
        sets=sets,
        query=query,
        states=STATES,
        applications=store.known_applications(g.user.applications),
        next_href=url_for("cases.index", **rest) if rest else None,
        outcome_view=outcome_view,
        Outcome=Outcome,
        problem=None,
    )


@blueprint.post("/of/<attempt_id>")
def of(attempt_id: str) -> Any:
    """Make a case of a labelled attempt, or with `made` take it back: the page's part, or back to the attempt."""
    store, attempt = services().store, _visible(attempt_id)
    made, problem = request.form.get("made", ""), ""
    if made:
        case = store.case_of_attempt(attempt_id)
        if case is not None and case.id == made and store.remove_case(made):
            _log("case_removed", made)
    else:
        made_of = case_for(store, attempt, g.user, datetime.now(UTC))
        if isinstance(made_of, StoredCase):
            event = sessions.audit_event(g.user.id, "case_made", object_kind="case", object_id=made_of.id)
            store.put_case(made_of, event=event)
        else:
            problem = words.NO_CASE[made_of]
    if is_fragment_request():
        part = render_template("cases/_mark.html", attempt_id=attempt_id, problem=problem)
        return make_response(part, 422 if problem else 200)
    if problem:
        page = render_template("cases/refused.html", attempt=attempt.start, problem=problem)
        return make_response(page, 422)
    return redirect(url_for("attempts.detail", attempt_id=attempt_id), 303)


@blueprint.get("/<case_id>")
def case(case_id: str) -> Any:
    """One case: what is asked, what is right, what runs of it came to."""
    found, store = _case(case_id), services().store
    sets = store.case_sets(g.user.applications)
    mine = {one.id for one in sets if store.cases(CaseFilter(set_id=one.id, ids=[found.id]))}
    return render_template(
        "cases/case.html",
        case=found,
        body=json.loads(found.body),
        checks=store.checks_of(found.id),
        sets=[one for one in sets if one.id not in mine],
        in_sets=[one for one in sets if one.id in mine],
        outcome_view=outcome_view,
        Outcome=Outcome,
    )


@blueprint.get("/<case_id>/picture")
def picture(case_id: str) -> Response:
    """The picture of the last run that was not right, with what was expected and what came."""
    found = _case(case_id)
    if found.picture_id is None:
        abort(404)
    return pictures.full_picture(found.picture_id, name="run", viewer=g.user.id, attempt_id=found.attempt_id)


@blueprint.post("/<case_id>/close")
def close(case_id: str) -> Any:
    """Somebody has looked at what re-opened the case."""
    if services().store.close_case(_case(case_id).id):
        _log("case_closed", case_id)
    return redirect(url_for("cases.case", case_id=case_id), 303)


@blueprint.post("/<case_id>/remove")
def remove(case_id: str) -> Any:
    if services().store.remove_case(_case(case_id).id):
        _log("case_removed", case_id)
    return redirect(url_for("cases.index"), 303)


@blueprint.post("/<case_id>/set")
def put_in_set(case_id: str) -> Any:
    """Put a case into a set, a new one where a name is given; or take it out."""
    found, store = _case(case_id), services().store
    name, set_id, out = request.form.get("name", "").strip(), request.form.get("set", ""), request.form.get("out", "")
    known = {one.id for one in store.case_sets(g.user.applications)}
    if name and len(name) <= MAX_NAME:
        named = store.add_case_set(CaseSet(new_id(), name, g.user.id, g.user.name, datetime.now(UTC)))
        store.put_in_set(named.id, [found.id])
    elif set_id in known:
        store.put_in_set(set_id, [found.id])
    elif out in known:
        store.take_out_of_set(out, found.id)
    else:
        abort(400)
    _log("case_set_changed", case_id)
    return redirect(url_for("cases.case", case_id=case_id), 303)


@blueprint.post("/sets/<set_id>/delete")
def delete_set(set_id: str) -> Any:
    """Forget a set's name; its cases stay."""
    if not is_id(set_id) or not services().store.delete_case_set(set_id):
        abort(404)
    sessions.audit(g.user.id, "case_set_deleted", object_kind="case_set", object_id=set_id)
    return redirect(url_for("cases.index"), 303)


def _case(case_id: str) -> StoredCase:
    found = services().store.case(case_id) if len(case_id) <= 64 else None
    if found is None or not may_see(g.user, found.application) or _waits_for_blind_answer(found.attempt_id):
        abort(404)
    return found


def _waits_for_blind_answer(attempt_id: str) -> bool:
    """Whether the reader has still to answer without sight of what others said, of which a case would tell."""
    return bool(services().store.kept_from(blind_reader(g.user), [attempt_id]))


def _visible(attempt_id: str) -> AttemptDetail:
    attempt = services().store.attempt(attempt_id) if is_id(attempt_id) else None
    if attempt is None or not may_see(g.user, attempt.start.application):
        abort(404)
    return attempt


def _log(action: str, case_id: str) -> None:
    sessions.audit(g.user.id, action, object_kind="case", object_id=case_id)
