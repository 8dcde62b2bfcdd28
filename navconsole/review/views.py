"""Routes of labelling: the label itself, undoing, settling like ones, claims, and the parts of the panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request

from navconsole.attempts.forms import AttemptQuery, parse_query, to_filter
from navconsole.attempts.outcomes import outcome_view
from navconsole.auth import sessions
from navconsole.review import words
from navconsole.review.cases import case_of, label_of, see, size_of
from navconsole.review.forms import LabelForm, parse_label
from navconsole.review.like import labels_for, like_of
from navconsole.review.panel import Panel, build_panel, given_by, question_of
from navconsole.review.queues import Asker, Queue, next_case, queue_of
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.visible import visible_attempt
from navigation.errors import ConflictError, StoreError
from navigation.ids import is_id
from navigation.labels import CAUSES, Label
from navigation.records import AttemptDetail, AuditEvent

blueprint = Blueprint("review", __name__, url_prefix="/review")

CLAIM = timedelta(minutes=10)


@blueprint.app_context_processor
def review_words() -> dict[str, Any]:
    return {"words": words, "causes": CAUSES, "question_of": question_of}


@blueprint.post("/label/<attempt_id>")
def label(attempt_id: str) -> Any:
    """Add a label, then on to the next case; 409 with both answers when somebody else has labelled meanwhile."""
    store, attempt, queue = services().store, visible_attempt(attempt_id), this_queue()
    asker = asking(queue)
    size = size_of(store, attempt.start.before_id)
    form = parse_label(request.form, size)
    seen = see(case_of(store, attempt, form), size, form)
    settled = store.settled(attempt_id)
    samples = list(store.due_in_samples(attempt_id, g.user.id))
    if samples and queue.sample_id in samples:
        samples = [queue.sample_id]
    given = label_of(seen, attempt_id, g.user, settled, samples, asker.now)
    if given is None or seen.form.errors:
        errors = seen.form.errors or {"answer": "answer"}
        return _panel_answer(attempt, asker, queue, replace(seen.form, errors=errors), status=422)
    try:
        store.add_labels([given], seen=seen.form.seen, event=_event("labelled", attempt_id))
    except ConflictError:
        return _panel_answer(attempt, asker, queue, seen.form, theirs=store.settled(attempt_id).last, status=409)
    return _onward(queue, asker, attempt_id)


@blueprint.post("/undo")
def undo() -> Any:
    """Take back the reader's last label or last settling, and show the case again."""
    now, queue = datetime.now(UTC), this_queue()
    try:
        undone = services().store.undo_last(author_id=g.user.id, author=g.user.name, now=now)
    except StoreError:
        return _moved(queue.home)
    for attempt_id in undone:
        sessions.audit(g.user.id, "label_undone", object_kind="attempt", object_id=attempt_id)
    return _moved(queue.case(undone[0]), undone[0])


@blueprint.route("/like/<attempt_id>", methods=["GET", "POST"])
def like(attempt_id: str) -> Any:
    """What would follow for the attempts like this one; POST lets it follow, in one batch."""
    store, attempt, queue = services().store, visible_attempt(attempt_id), this_queue()
    asker = asking(queue)
    here = request.values.get("here", attempt_id)
    own = _own_label(attempt_id)
    found = like_of(store, attempt, own, g.user, asker.now) if own else None
    if found is None or not is_id(here):
        abort(404)
    status = 200
    if request.method == "POST" and found.followers:
        try:
            store.add_labels(labels_for(found, g.user, asker.now), event=_event("like_settled", attempt_id))
        except ConflictError:  # somebody was quicker with one of them: shown anew, without it
            found, status = like_of(store, attempt, found.label, g.user, asker.now), 409
        else:
            return _onward(queue, asker, here) if _is_labelled(here) else _moved(queue.case(here), here)
    template = "review/_like.html" if is_fragment_request() else "review/like.html"
    return make_response(render_template(template, like=found, queue=queue, here=here, attempt_id=attempt_id), status)


@blueprint.post("/claim/<attempt_id>")
def claim(attempt_id: str) -> Any:
    """Take a case that was opened from a queue; says so when somebody else has it."""
    visible_attempt(attempt_id)
    held = _claimed(attempt_id, datetime.now(UTC))
    return render_template("review/_claim.html", claim=held if held.user_id != g.user.id else None)


@blueprint.get("/verdict/<attempt_id>")
def verdict(attempt_id: str) -> Any:
    """The part of the panel that follows from what was said so far; whole pages are the case's own."""
    attempt, queue = visible_attempt(attempt_id), this_queue()
    if not is_fragment_request():
        return redirect(queue.case(attempt_id), 303)
    size = size_of(services().store, attempt.start.before_id)
    form = parse_label(request.args, size)
    return render_template("review/_verdict.html", panel=_panel(attempt, asking(queue), queue, form))


@blueprint.get("/point/<attempt_id>")
def point(attempt_id: str) -> Any:
    """Pointing without scripts: the picture as a button, which leads back to the case with the place."""
    attempt = visible_attempt(attempt_id)
    size = size_of(services().store, attempt.start.before_id)
    return render_template("review/point.html", attempt=attempt.start, queue=this_queue(), size=size)


def this_panel(attempt: AttemptDetail) -> Panel:
    """The panel for the page of an attempt, as its address says."""
    queue = this_queue()
    return _panel(attempt, asking(queue), queue, None)


def asking(queue: Queue) -> Asker:
    """Who asks now, with the queue's filters."""
    where = to_filter(queue.query, zone=g.timezone, user=g.user)
    return Asker(g.user, datetime.now(UTC), where)


def this_queue() -> Queue:
    query = parse_query(request.args)
    return queue_of(request.args.get("queue", ""), AttemptQuery() if query.errors else query)


def on_to(queue: Queue, attempt_id: str | None, now: datetime) -> Any:
    """To a case of a queue, which is claimed; to the queue's own page when there is none."""
    if attempt_id is None:
        return _moved(queue.home)
    if queue.kind != "list":
        _claimed(attempt_id, now)
    return _moved(queue.case(attempt_id), attempt_id)


def _event(action: str, attempt_id: str) -> AuditEvent:
    return sessions.audit_event(g.user.id, action, object_kind="attempt", object_id=attempt_id)


def _onward(queue: Queue, asker: Asker, after: str) -> Any:
    return on_to(queue, next_case(services().store, queue, asker, after), asker.now)


def _claimed(attempt_id: str, now: datetime) -> Any:
    return services().store.claim(attempt_id, user_id=g.user.id, user_name=g.user.name, now=now, until=now + CLAIM)


def _moved(address: str, here: str = "") -> Response:
    """A redirect; for the page's script the address, with what the case `here` shows of the last label."""
    if not is_fragment_request():
        return redirect(address, 303)  # type: ignore[return-value]
    given = given_by(services().store, g.user)
    response = make_response(render_template("review/_given.html", given=given, queue=this_queue(), here=here))
    response.headers["HX-Redirect"] = address
    return response


def _panel(
    attempt: AttemptDetail, asker: Asker, queue: Queue, form: LabelForm | None, theirs: Label | None = None
) -> Panel:
    values: Mapping[str, str] = request.args
    return build_panel(services().store, attempt, asker, queue, values, form=form, theirs=theirs)


def _panel_answer(
    attempt: AttemptDetail, asker: Asker, queue: Queue, form: LabelForm, *, theirs: Label | None = None, status: int
) -> Response:
    """The panel with what was typed, and what is wrong or what somebody else has said."""
    template = "review/_panel.html" if is_fragment_request() else "review/case.html"
    outcome = outcome_view(attempt.finish.outcome if attempt.finish else None)
    panel = _panel(attempt, asker, queue, form, theirs)
    page = render_template(template, panel=panel, attempt=attempt.start, outcome=outcome)
    return make_response(page, status)


def _own_label(attempt_id: str) -> Label | None:
    standing = services().store.settled(attempt_id).standing
    return next((label for label in standing if label.author_id == g.user.id), None)


def _is_labelled(attempt_id: str) -> bool:
    return bool(services().store.settled(attempt_id).standing)
