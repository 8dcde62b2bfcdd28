"""Views of the page of limits and of certificates' reports; their routes are in `navconsole.tuning`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, current_app, g, make_response, redirect, render_template, request, url_for

from navconsole.attempts.outcomes import METHOD_NAMES
from navconsole.auth import sessions
from navconsole.auth.permissions import may_see
from navconsole.services import services
from navconsole.tuning.config_forms import number_of
from navconsole.tuning.grids import DEFAULT_MARGINS, DEFAULT_SCORES
from navconsole.tuning.labelled import Labelled
from navconsole.tuning.looking import audited_for, draw_for, standings, take_look
from navconsole.tuning.page import (
    Choice,
    answer_for,
    build_page,
    flip_rows,
    may_see_plan,
    point_of,
)
from navconsole.tuning.plan_form import PlanForm
from navconsole.tuning.words import ENDED, FAULTS, KINDS, MODES, PROCEDURES, SIDES, UNUSED, declared_sentence
from navigation.certificates import Plan, faults_of
from navigation.errors import ConflictError, StoreError
from navigation.ids import is_id, new_id
from navigation.risk import GridPoint
from navigation.sampling import MAX_SIZE

WORDS = {
    "ended": ENDED, "kinds": KINDS, "methods": METHOD_NAMES, "modes": MODES, "procedures": PROCEDURES, "sides": SIDES,
    "unused": UNUSED,
}  # fmt: skip


def index() -> Any:
    """The page, or only what follows from the sliders when htmx asks."""
    choice = _choice()
    if request.headers.get("HX-Request"):
        answer = answer_for(services().store, _labelled(), g.user, choice)
        return render_template("tuning/_answer.html", answer=answer, rows=flip_rows(answer.flips), words=WORDS)
    return _page(PlanForm(formdata=None), choice)


def declare() -> Any:
    """Declare a plan for what the page shows."""
    choice = _choice()
    if not choice.application and g.user.applications is not None:
        abort(403)
    form = PlanForm()
    if not form.validate_on_submit():
        return _page(form, choice, status=422)
    plan = Plan(
        id=new_id(), application=choice.application, screen=choice.screen, alpha=form.share("alpha"),
        alpha_absent=form.share("alpha_absent") if form.alpha_absent.data else None, delta=form.share("delta"),
        scores=DEFAULT_SCORES, margins=DEFAULT_MARGINS, procedure="multi_start", mode=form.mode.data,
        note=form.note.data, author=g.user.name, created_at=datetime.now(UTC),
    )  # fmt: skip
    faults = faults_of(plan)
    if faults:
        return _page(form, choice, problem=FAULTS[faults[0]], status=422)
    services().store.add_plan(plan)
    sessions.audit(g.user.id, "certificate_planned", object_kind="certificate", object_id=plan.id)
    return redirect(_address(plan, f"plan-{plan.id}"), 303)


def take(plan_id: str) -> Any:
    """Look at the labels as the plan declared; on to the certificate when there is one."""
    plan = _plan(plan_id)
    store, now = services().store, datetime.now(UTC)
    try:
        taken = take_look(store, plan, audited_for(store, plan.application, plan.screen), author=g.user.name, now=now)
    except ConflictError as err:
        return _page(PlanForm(formdata=None), _choice_for(plan), problem=err.template, status=409)
    _labelled().forget()
    if taken.is_new and taken.look is not None:
        sessions.audit(g.user.id, "certificate_looked", object_kind="certificate", object_id=taken.look.id)
    if taken.certificate is not None:
        return redirect(url_for("tuning.certificate", certificate_id=taken.certificate.id), 303)
    if taken.look is None and taken.finding is not None:
        return _page(PlanForm(formdata=None), _choice_for(plan), waits={plan.id: taken.finding})
    return redirect(_address(plan, f"plan-{plan.id}"), 303)


def draw(plan_id: str) -> Any:
    """Draw so many targets that no audit has, to be labelled for the plan."""
    plan = _plan(plan_id)
    asked = request.form.get("size", "")
    size = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
    if not 0 < size <= MAX_SIZE:
        abort(400)
    store = services().store
    try:
        sample = draw_for(store, plan, size, author=g.user.name, now=datetime.now(UTC))
    except StoreError as err:
        return _page(PlanForm(formdata=None), _choice_for(plan), problem=err.template, status=422)
    sessions.audit(g.user.id, "sample_drawn", object_kind="sample", object_id=sample.id)
    return redirect(url_for("review.sample_page", sample_id=sample.id), 303)


def certificate(certificate_id: str) -> Any:
    """One certificate as a page to print, for the risk committee."""
    store = services().store
    found = [one for one in standings(store) if one.certificate.id == certificate_id and may_see_plan(g.user, one.plan)]
    if not found:
        abort(404)
    (standing,) = found
    look = next(one for one in store.looks() if one.id == standing.certificate.look_id)
    return render_template(
        "tuning/report.html", standing=standing, look=look, words=WORDS, declared_sentence=declared_sentence,
        now=datetime.now(UTC),
    )  # fmt: skip


def _labelled() -> Labelled:
    found: Labelled = current_app.extensions.setdefault("navconsole.labelled", Labelled())
    return found


def _choice() -> Choice:
    """What the address asks for; 404 for an application that the person may not see."""
    application, screen = request.args.get("application", ""), request.args.get("screen", "")
    if application and not may_see(g.user, application):
        abort(404)
    if not application and g.user.applications is not None:
        application = next(iter(services().store.known_applications(g.user.applications)), g.user.applications[0])
    return _between(application, screen)


def _choice_for(plan: Plan) -> Choice:
    return _between(plan.application, plan.screen)


def _between(application: str, screen: str) -> Choice:
    store = services().store
    beside, number = point_of(store, request.args.get("beside", type=int))
    other = request.args.get("config", type=int)
    start, name = point_of(store, other) if other is not None else (beside, number)
    chosen = GridPoint(_share("score", start.score), _share("margin", start.margin))
    names = [str(one) if one else "" for one in (number, name if chosen == start else 0)]
    return Choice(application, screen, beside, names[0], chosen, names[1], part=request.args.get("part", ""))


def _share(name: str, default: float) -> float:
    """A share in per cent from the address; what cannot be read is as if it were not there."""
    try:
        value = number_of(request.args[name]) / 100
    except (KeyError, ValueError):
        return default
    return value if 0 <= value <= 1 else default


def _plan(plan_id: str) -> Plan:
    plan = services().store.plan(plan_id) if is_id(plan_id) else None
    if plan is None or not may_see_plan(g.user, plan):
        abort(404)
    return plan


def _address(plan: Plan, anchor: str) -> str:
    return url_for("tuning.index", _anchor=anchor, application=plan.application or None, screen=plan.screen or None)


def _page(form: PlanForm, choice: Choice, *, problem: str = "", waits: Any = None, status: int = 200) -> Any:
    page = build_page(services().store, _labelled(), g.user, choice)
    answer = render_template(
        "tuning/index.html", page=page, answer=page.answer, rows=flip_rows(page.answer.flips), form=form,
        problem=problem, waits=waits or {}, words=WORDS,
    )  # fmt: skip
    return make_response(answer, status)
