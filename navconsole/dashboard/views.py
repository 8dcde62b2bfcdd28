"""The route of the dashboard: ask the store, show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, g, render_template, request

from navconsole.attempts.outcomes import STAGES
from navconsole.auth.permissions import may_see
from navconsole.dashboard import charts
from navconsole.dashboard.context import MEMORY_HEIGHT, RATE_HEIGHT, WRONG_HEIGHT, Told, build_dashboard
from navconsole.dashboard.forms import SPANS, DashboardQuery, parse_query
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.stop.context import WAITS_FOR, known_applications

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")

MAX_WAITING = 100


@blueprint.get("")
def index() -> Any:
    query = parse_query(request.args)
    if query is None:
        abort(400)
    if query.application and not may_see(g.user, query.application):
        abort(404)
    now = datetime.now(UTC)
    template = "dashboard/_board.html" if is_fragment_request() else "dashboard/index.html"
    return render_template(
        template,
        board=build_dashboard(query, _told(query, now), now.date()),
        applications=known_applications(services().store, g.user),
        spans=SPANS,
        stages=STAGES,
        size=charts,
        heights=(RATE_HEIGHT, WRONG_HEIGHT, MEMORY_HEIGHT),
    )


def _told(query: DashboardQuery, now: datetime) -> Told:
    store = services().store
    mine: Sequence[str] | None = g.user.applications
    asked = [query.application] if query.application else mine
    since = now.date() - timedelta(days=query.days - 1)
    return Told(
        counts=store.day_counts(since=since, applications=asked),
        anchors=store.anchor_counts(since=since, applications=asked),
        activations=store.activations(since=datetime.combine(since, time(), UTC)),
        timings=store.stage_timings(applications=asked),
        work=store.open_work(user_id=g.user.id, now=now, applications=mine),
        waiting=store.count_waiting(since=now - WAITS_FOR, applications=mine, limit=MAX_WAITING),
    )
