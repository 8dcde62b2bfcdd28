"""Routes of the audit log. Reading it is on record too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, render_template, request

from navconsole.admin.audit_export import csv_lines
from navconsole.admin.audit_query import ERRORS, AuditQuery, parse_audit_query, to_audit_filter
from navconsole.admin.words import ACTIONS, DETAIL_VALUES, DETAILS, KINDS, PAGES, RESULTS
from navconsole.auth import sessions
from navconsole.services import services
from navigation.records import AuditEntry, AuditFilter
from navigation.store.protocol import AccountStore

PAGE = 100
BATCH = 1000


def add_audit_routes(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/audit", "audit", audit)
    blueprint.add_url_rule("/audit.csv", "audit_csv", audit_csv)


def audit() -> Any:
    query = parse_audit_query(request.args)
    if query.errors:
        return _page(query, [], status=422)
    found = services().store.audit_entries(to_audit_filter(query, g.timezone), before=query.before, limit=PAGE + 1)
    sessions.audit(g.user.id, "audit_read", object_kind="audit", details=dict(query.values))
    return _page(query, found)


def audit_csv() -> Any:
    """What fits the filter, whole; what is logged after the export began is not in it."""
    query = parse_audit_query(request.args)
    if query.errors:
        abort(400)
    store, where = services().store, to_audit_filter(query, g.timezone)
    names = {user.id: user.name for user in store.users()}
    sessions.audit(g.user.id, "audit_exported", object_kind="audit", details=dict(query.values))
    response = Response(csv_lines(every_entry(store, where), names), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def every_entry(store: AccountStore, where: AuditFilter) -> Iterator[AuditEntry]:
    """All that fits, newest first, read in batches so that no long view holds up the database."""
    before = None
    while batch := store.audit_entries(where, before=before, limit=BATCH):
        yield from batch
        before = batch[-1].id


def _page(query: AuditQuery, found: Sequence[AuditEntry], *, status: int = 200) -> Response:
    shown = found[:PAGE]
    older = query.address("/admin/audit", before=shown[-1].id) if len(found) > PAGE else None
    people = services().store.users()
    page = render_template(
        "admin/audit.html",
        query=query,
        entries=shown,
        errors=ERRORS,
        names={user.id: user.name for user in people},
        people=people,
        actions=ACTIONS,
        details=DETAILS,
        detail_values=DETAIL_VALUES,
        results=RESULTS,
        kinds=KINDS,
        pages=PAGES,
        older_href=older,
        newest_href=query.address("/admin/audit") if query.before else None,
        csv_href=query.address("/admin/audit.csv"),
    )
    return make_response(page, status)
