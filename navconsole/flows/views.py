"""Routes of the log-in flows: the list, asking a clinician, the film step by step, the sign-off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.flows import asking
from navconsole.flows.answers import FILM_ANSWERS
from navconsole.flows.asking import AskForm
from navconsole.flows.context import (
    Film,
    answer_label,
    build_film,
    build_list,
    build_step,
    build_summary,
    clinicians_for,
    sign,
)
from navconsole.flows.forms import MAX_NOTE, PLAIN_WIDTH_PX, parse_point
from navconsole.flows.opinions import next_opinion
from navconsole.flows.pictures import blurred_picture, sharp_picture, shown_page
from navconsole.flows.scenes import Scene
from navconsole.services import services
from navconsole.visible import visible_run
from navigation.flows import MAX_NAME
from navigation.labels import Label
from navigation.records import AttemptDetail

blueprint = Blueprint("flows", __name__, url_prefix="/flows")

PICTURE = "/<run_id>/<int:number>/<any(before, after):which>"


@blueprint.get("")
def index() -> Any:
    due = next_opinion(services().store, g.user) if g.user.role == "clinician" else None
    return render_template("flows/index.html", lines=build_list(services().store, g.user), has_opinions=bool(due))


@blueprint.route("/<run_id>/ask", methods=["GET", "POST"])
def ask(run_id: str) -> Any:
    """Make a personal link to the film; it is shown once, on the answer to the form."""
    film, store = _film(run_id), services().store
    application = film.flow.application
    form = AskForm(request.form.get("clinician", ""), request.form.get("name", "").strip())
    if request.method == "POST":
        form = asking.check(store, form, application)
    page: dict[str, Any] = {"film": film, "form": form, "clinicians": clinicians_for(store, application)}
    if request.method == "GET" or form.error:
        return make_response(render_template("flows/ask.html", **page), 422 if form.error else 200)
    clinician = asking.clinician_of(store, form, application)
    secret, until = asking.make_link(store, clinician, film.flow, datetime.now(UTC))
    sessions.audit(g.user.id, "flow_link_made", object_kind="run", object_id=run_id, details={"for": clinician.id})
    link = f"{services().settings.base_url}{url_for('auth.link', secret=secret)}"
    return render_template("flows/asked.html", **page, clinician=clinician, link=link, until=until)


@blueprint.get("/<run_id>")
def film(run_id: str) -> Any:
    """For a clinician the first step without an answer, or the end; for others what clinicians said."""
    shown = _film(run_id)
    if g.user.role == "clinician" and shown.next_step:
        return redirect(url_for("flows.step", run_id=run_id, number=shown.next_step), 303)
    return _end_page(shown)


@blueprint.route("/<run_id>/<int:number>", methods=["GET", "POST"])
def step(run_id: str, number: int) -> Any:
    film, scene = _step(run_id, number)
    given = film.answer_to(number)
    if request.method == "GET":
        return render_template("flows/step.html", **_step_page(film, scene, number), given=given)
    answer = FILM_ANSWERS.get(request.form.get("answer", ""))
    if answer is None:
        abort(400)
    _keep(answer_label(scene, answer.says, g.user, given, datetime.now(UTC)))
    if answer.says == "wrong":
        return redirect(url_for("flows.point", run_id=run_id, number=number), 303)
    return redirect(_after(film, number), 303)


@blueprint.route("/<run_id>/<int:number>/point", methods=["GET", "POST"])
def point(run_id: str, number: int) -> Any:
    """Where it is wrong, and a sentence if one likes; each press and the sentence are kept at once."""
    film, scene = _step(run_id, number)
    given = film.answer_to(number)
    if given is None or given.answer != "wrong":
        return redirect(url_for("flows.step", run_id=run_id, number=number), 303)
    if request.method == "GET":
        page = _step_page(film, scene, number)
        return render_template("flows/point.html", **page, given=given, max_note=MAX_NOTE, width=PLAIN_WIDTH_PX)
    form = parse_point(request.form, scene)
    if form is None:
        abort(400)
    pointed = form.pointed or given.pointed
    if (pointed, form.note) != (given.pointed, given.note):
        label = answer_label(scene, "wrong", g.user, given, datetime.now(UTC), pointed=pointed, note=form.note)
        _keep(label)
    return redirect(_after(film, number) if form.is_done else url_for("flows.point", run_id=run_id, number=number), 303)


@blueprint.get(f"{PICTURE}.webp")
def picture(run_id: str, number: int, which: str) -> Response:
    return blurred_picture(_attempt(run_id, number), which)


@blueprint.get(f"{PICTURE}/sharp.webp")
def sharp(run_id: str, number: int, which: str) -> Response:
    return sharp_picture(_attempt(run_id, number), which)


@blueprint.get(f"{PICTURE}/shown")
def shown(run_id: str, number: int, which: str) -> Response:
    film, scene = _step(run_id, number)
    if g.user.role != "clinician":
        return shown_page(scene, which, url_for("flows.film", run_id=run_id))
    back = "flows.point" if request.args.get("from") == "point" else "flows.step"
    return shown_page(scene, which, url_for(back, run_id=film.run_id, number=number))


@blueprint.route("/<run_id>/signoff", methods=["GET", "POST"])
def signoff(run_id: str) -> Any:
    """The sheet to print; a POST signs."""
    film, store = _film(run_id), services().store
    if request.method == "GET":
        if film.signoff is None:
            abort(404)
        return render_template("flows/signoff.html", film=film, lines=build_summary(store, film, ()))
    if not film.is_signable:
        return _end_page(film, status=409)
    name = " ".join(request.form.get("name", "").split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        return _end_page(film, status=422, name=name)
    signed = sign(film, g.user, name, datetime.now(UTC))
    store.add_signoff(signed)
    sessions.audit(g.user.id, "flow_signed", object_kind="run", object_id=run_id, details={"signoff": signed.id})
    return redirect(url_for("flows.signoff", run_id=run_id), 303)


# --- parts ----------------------------------------------------------------------------------------


def _film(run_id: str) -> Film:
    """The film of a run, or 404: what one may not see does not exist."""
    run = visible_run(run_id)
    return build_film(services().store, run.id, g.user) or abort(404)


def _step(run_id: str, number: int) -> tuple[Film, Scene]:
    film = _film(run_id)
    if not 1 <= number <= len(film.steps):
        abort(404)
    return film, build_step(services().store, film, number)


def _attempt(run_id: str, number: int) -> AttemptDetail:
    film, _ = _step(run_id, number)
    return film.steps[number - 1]


def _step_page(film: Film, scene: Scene, number: int) -> dict[str, Any]:
    back = url_for("flows.step", run_id=film.run_id, number=number - 1) if number > 1 else None
    return {"film": film, "scene": scene, "number": number, "answers": FILM_ANSWERS, "back": back}


def _after(film: Film, number: int) -> str:
    """The address of the next step; after the last one, of whatever is still open."""
    if number < len(film.steps):
        return url_for("flows.step", run_id=film.run_id, number=number + 1)
    return url_for("flows.film", run_id=film.run_id)


def _end_page(film: Film, *, status: int = 200, name: str | None = None) -> Response:
    is_clinician = g.user.role == "clinician"
    said = list(film.answers.values()) if is_clinician else film.said
    lines = build_summary(services().store, film, said)
    page = render_template("flows/end.html", film=film, lines=lines, name=name, max_name=MAX_NAME)
    return make_response(page, status)


def _keep(label: Label) -> None:
    services().store.add_labels([label])
    sessions.audit(g.user.id, "label_added", object_kind="attempt", object_id=label.attempt_id)
