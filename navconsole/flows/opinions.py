"""Second opinions: a press drawn for a sample, shown to a clinician without what anybody else said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for

from navconsole.attempts.evidence import read_evidence
from navconsole.auth import sessions
from navconsole.flows.answers import NOT_THERE, NOWHERE_ANSWERS, PLACE_ANSWERS, PLACE_NO, PLACE_YES, SHOW, Choice
from navconsole.flows.forms import MAX_NOTE, PLAIN_WIDTH_PX, parse_point
from navconsole.flows.pictures import blurred_picture, sharp_picture, shown_page
from navconsole.flows.scenes import Scene, around, build_scene, pressed_box
from navconsole.services import services
from navconsole.visible import visible_attempt
from navigation.geometry import contains_point
from navigation.ids import new_id
from navigation.labels import Answer, Label, Place
from navigation.records import AttemptDetail, User
from navigation.store.protocol import Store
from navigation.types import Box, Page, Point, Size

blueprint = Blueprint("opinions", __name__, url_prefix="/flows/opinions")

PICTURE = "/<attempt_id>/<any(before):which>"


def next_opinion(store: Store, reader: User) -> tuple[str, str] | None:
    """The next press on which the reader's opinion is wanted: (sample id, attempt id)."""
    rights, now = reader.applications, datetime.now(UTC)
    for sample in store.samples():
        attempt_id = store.next_in_sample(sample.id, user_id=reader.id, applications=rights, now=now)
        if attempt_id is not None:
            return sample.id, attempt_id
    return None


def opinion_label(
    scene: Scene,
    answer: Answer,
    author: User,
    sample_id: str,
    now: datetime,
    *,
    place: Place | None = None,
    box: Box | None = None,
    before: Label | None = None,
    note: str = "",
) -> Label:
    """An answer for a sample, blind; `box` is where the target is, in pixels of the picture before."""
    return Label(
        id=new_id(),
        attempt_id=scene.attempt_id,
        author_id=author.id,
        author=author.name,
        answer=answer,
        created_at=now,
        source="blind",
        sample_id=sample_id,
        place=place,
        box=box,
        note=note,
        replaces=before.id if before else None,
    )


def box_at(point: Point, page: Page | None, size: Size) -> Box:
    """What stands at a point: the smallest control or phrase that holds it, else a spot around it."""
    things = [*(c.box for c in page.controls), *(p.box for p in page.phrases)] if page else []
    return min((box for box in things if contains_point(box, point)), key=lambda b: b.area, default=around(point, size))


@blueprint.get("")
def index() -> Any:
    due = next_opinion(services().store, g.user)
    if due is None:
        return render_template("flows/no_opinion.html")
    return redirect(url_for("opinions.case", attempt_id=due[1]), 303)


@blueprint.route("/<attempt_id>", methods=["GET", "POST"])
def case(attempt_id: str) -> Any:
    attempt, scene = _case(attempt_id)
    sample_id = _sample_due(attempt_id)
    if sample_id is None:
        abort(404)
    if request.method == "GET":
        return render_template("flows/opinion.html", scene=scene, answers=_answers(scene))
    choice = _answers(scene).get(request.form.get("answer", ""))
    if choice is None:
        abort(400)
    box = pressed_box(read_evidence(attempt), scene.last.size) if choice is PLACE_YES else None
    place: Place | None = "box" if box else "absent" if choice is NOT_THERE else None
    says: Answer = "right" if choice is NOT_THERE and scene.asked == "nowhere" else choice.says
    _keep(opinion_label(scene, says, g.user, sample_id, datetime.now(UTC), place=place, box=box))
    is_elsewhere = choice in (PLACE_NO, SHOW)
    return redirect(
        url_for("opinions.point", attempt_id=attempt_id) if is_elsewhere else url_for("opinions.index"), 303
    )


@blueprint.route("/<attempt_id>/point", methods=["GET", "POST"])
def point(attempt_id: str) -> Any:
    """Where it is; the press is kept at once and may be repeated."""
    _, scene = _case(attempt_id)
    given = _given(attempt_id)
    if given is None or given.answer != "wrong" or given.sample_id is None:
        return redirect(url_for("opinions.index"), 303)
    if request.method == "GET":
        return render_template(
            "flows/opinion_point.html", scene=scene, given=given, max_note=MAX_NOTE, width=PLAIN_WIDTH_PX
        )
    form = parse_point(request.form, scene)
    if form is None:
        abort(400)
    box = _box(scene, form.pointed.at) if form.pointed else given.box
    if (box, form.note) != (given.box, given.note):
        place: Place | None = "box" if box else None
        now = datetime.now(UTC)
        _keep(
            opinion_label(
                scene, "wrong", g.user, given.sample_id, now, place=place, box=box, before=given, note=form.note
            )
        )
    return redirect(
        url_for("opinions.index") if form.is_done else url_for("opinions.point", attempt_id=attempt_id), 303
    )


@blueprint.get(f"{PICTURE}.webp")
def picture(attempt_id: str, which: str) -> Response:
    return blurred_picture(_case(attempt_id)[0], which)


@blueprint.get(f"{PICTURE}/sharp.webp")
def sharp(attempt_id: str, which: str) -> Response:
    return sharp_picture(_case(attempt_id)[0], which)


@blueprint.get(f"{PICTURE}/shown")
def shown(attempt_id: str, which: str) -> Response:
    back = "opinions.point" if request.args.get("from") == "point" else "opinions.case"
    return shown_page(_case(attempt_id)[1], which, url_for(back, attempt_id=attempt_id))


# --- parts ----------------------------------------------------------------------------------------


def _case(attempt_id: str) -> tuple[AttemptDetail, Scene]:
    """The attempt and its scene, or 404: only what wants the reader's opinion, or has it, is there."""
    store = services().store
    attempt = visible_attempt(attempt_id)
    if _sample_due(attempt_id) is None and _given(attempt_id) is None:
        abort(404)
    return attempt, build_scene(store, attempt, f"/flows/opinions/{attempt_id}", has_after=False)


def _sample_due(attempt_id: str) -> str | None:
    due = next_opinion(services().store, g.user)
    return due[0] if due and due[1] == attempt_id else None


def _given(attempt_id: str) -> Label | None:
    """The reader's own answer for a sample."""
    standing = services().store.settled(attempt_id).standing
    return next((label for label in standing if label.author_id == g.user.id and label.sample_id), None)


def _answers(scene: Scene) -> Mapping[str, Choice]:
    """Without a press there is nothing to say yes or no to."""
    return NOWHERE_ANSWERS if scene.asked == "nowhere" else PLACE_ANSWERS


def _box(scene: Scene, at: Point) -> Box:
    attempt = services().store.attempt(scene.attempt_id)
    pages = services().store.pages_of(attempt.start.before_id) if attempt else ()
    return box_at(at, pages[-1] if pages else None, scene.last.size)


def _keep(label: Label) -> None:
    services().store.add_labels([label])
    sessions.audit(g.user.id, "label_added", object_kind="attempt", object_id=label.attempt_id)
