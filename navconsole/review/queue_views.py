"""Routes of the queues: triage, samples for the audit, agreement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, g, make_response, redirect, render_template, request, url_for

from navconsole.attempts import searches
from navconsole.attempts.forms import parse_query, to_filter
from navconsole.attempts.outcomes import VIEWS, outcome_view
from navconsole.auth import sessions
from navconsole.review.audits import agreement_for, may_see_sample, new_sample, samples_for, without_labels
from navconsole.review.forms import SampleForm, parse_sample
from navconsole.review.queues import Asker, Queue, first_in_triage, next_case, worst_first
from navconsole.review.views import asking, blueprint, on_to, this_queue
from navconsole.services import services
from navigation.errors import StoreError
from navigation.ids import is_id
from navigation.records import AttemptFilter
from navigation.sampling import STRATIFIED_BY, Sample

TOP = 50


@blueprint.route("/triage", methods=["GET", "POST"])
def triage() -> Any:
    """The groups of failures, worst first; POST opens the first case, of one group when it is named."""
    store, asker = services().store, asking(this_queue())
    queue = Queue("triage", query=this_queue().query)
    if request.method == "POST":
        group = request.form.get("group", "")
        number = int(group) if group.isascii() and group.isdigit() and len(group) < 18 else None
        return on_to(queue, first_in_triage(store, asker, number), asker.now)
    searches.note(queue.query, "triage")
    ranked = [item for item in worst_first(store, asker) if item.unlabelled]
    waiting = sum(item.unlabelled for item in ranked)
    return render_template(
        "review/triage.html", ranked=ranked[:TOP], groups=len(ranked), waiting=waiting, queue=queue,
        outcome_view=outcome_view,
    )  # fmt: skip


@blueprint.route("/audit", methods=["GET", "POST"])
def audit() -> Any:
    """The samples; POST draws one."""
    if request.method == "GET":
        return _audit_page(SampleForm())
    form = parse_sample(request.form)
    query = parse_query(request.form)
    if form.errors or query.errors:
        return _audit_page(form, status=422)
    where = without_labels(to_filter(query, zone=g.timezone, user=g.user))
    sample = new_sample(form, query, where, g.user, datetime.now(UTC))
    try:
        services().store.add_sample(sample, where, by=form.by, size=int(form.size))
    except StoreError as error:
        return _audit_page(form, problem=error.template, status=422)
    sessions.audit(g.user.id, "sample_drawn", object_kind="sample", object_id=sample.id)
    searches.note(query, "sample")
    return redirect(url_for("review.audit"), 303)


@blueprint.post("/audit/<sample_id>")
def sample(sample_id: str) -> Any:
    """On to the reader's next case of a sample."""
    _sample(sample_id)
    asker: Asker = asking(this_queue())
    queue = Queue("sample", sample_id)
    return on_to(queue, next_case(services().store, queue, asker, ""), asker.now)


@blueprint.get("/audit/<sample_id>")
def sample_page(sample_id: str) -> Any:
    """One sample: its strata, its chances, its progress."""
    found = _sample(sample_id)
    (line,) = [line for line in samples_for(services().store, g.user, datetime.now(UTC)) if line.sample.id == found.id]
    return render_template("review/sample.html", line=line, views=VIEWS)


@blueprint.get("/agreement")
def agreement() -> Any:
    page = agreement_for(services().store, g.user)
    return render_template("review/agreement.html", page=page, queue=Queue("disputed"), outcome_view=outcome_view)


def _sample(sample_id: str) -> Sample:
    found = services().store.sample(sample_id) if is_id(sample_id) else None
    if found is None or not may_see_sample(found, g.user):
        abort(404)
    return found


def _audit_page(form: SampleForm, *, problem: str = "", status: int = 200) -> Any:
    store = services().store
    page = render_template(
        "review/audit.html",
        lines=samples_for(store, g.user, datetime.now(UTC)),
        form=form,
        chosen=request.form,
        problem=problem,
        facets=store.facet_values(AttemptFilter(applications=g.user.applications)),
        strata=STRATIFIED_BY,
        views=VIEWS,
    )
    return make_response(page, status)
