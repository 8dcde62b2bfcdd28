"""Routes of the stop: the page, the two deeds, the part of the bar that is asked for again and again."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.auth.views import safe_next
from navconsole.services import services
from navconsole.stop.context import Bar, build_bar, build_page, known_applications, may_stop
from navconsole.stop.forms import StopForm
from navigation.errors import StoreDamagedError
from navigation.oversight import StopEvent

blueprint = Blueprint("stop", __name__, url_prefix="/stop")

ALL = "*"
"""Stands for every application in the audit log."""


@blueprint.app_template_global()
def oversight_bar() -> Bar:
    """What the bar of this page says, for whoever is logged in."""
    if "oversight_bar" not in g:
        g.oversight_bar = build_bar(services().store, g.user, datetime.now(UTC))
    found: Bar = g.oversight_bar
    return found


@blueprint.app_template_global()
def stoppable_applications() -> Any:
    with suppress(StoreDamagedError):  # the bar is on the page that says so, too
        return known_applications(services().store, g.user)
    return ()


@blueprint.get("")
def index() -> Any:
    return _page(StopForm(formdata=None))


@blueprint.post("")
def stop() -> Any:
    return _change(is_stopped=True)


@blueprint.post("/release")
def release() -> Any:
    return _change(is_stopped=False)


@blueprint.get("/bar")
def bar() -> Any:
    """The red line of every page and the count of runs that wait; 204 while nothing is new."""
    found = oversight_bar()
    if request.args.get("mark") == found.mark:
        return "", 204
    return render_template("stop/_strip.html", bar=found, is_swap=True)


def _change(*, is_stopped: bool) -> Any:
    form = StopForm()
    if not form.validate_on_submit():
        return _page(form, status=422, is_release=not is_stopped)
    application = form.application.data
    if not may_stop(g.user, application):
        abort(404)
    event = StopEvent(application, is_stopped, g.user.id, g.user.name, form.reason.data, datetime.now(UTC))
    services().store.add_stop(event)
    deed = "robots_stopped" if is_stopped else "robots_released"
    sessions.audit(g.user.id, deed, object_kind="application", object_id=application or ALL)
    return redirect(safe_next(form.next.data) if form.next.data else url_for("stop.index"), 303)


def _page(form: StopForm, *, status: int = 200, is_release: bool = False) -> Any:
    page = build_page(services().store, g.user)
    return make_response(render_template("stop/index.html", page=page, form=form, is_release=is_release), status)
