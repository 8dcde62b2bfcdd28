"""Views of exports: asked for, looked at, made, fetched, removed. Each is on record."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, g, make_response, redirect, render_template, request, send_file, url_for

from navconsole.attempts.pictures import PICTURE_POLICY
from navconsole.auth import sessions
from navconsole.auth.permissions import may
from navconsole.cases.exporting import manifest_for, write_document, write_form
from navconsole.cases.files import (
    FORMS,
    KEPT_FOR,
    WHY_LEFT,
    counted,
    file_of,
    folder_of,
    preview_of,
    progress_of,
    removed_form,
)
from navconsole.cases.forms import STATES, ExportForm, parse_export
from navconsole.cases.worker import PREPARED, read_prepared
from navconsole.services import services
from navconsole.versions import product_version
from navigation.case_records import CaseExport, CaseFilter
from navigation.errors import ConflictError
from navigation.ids import is_id, new_id
from navigation.packs.archive import compact
from navigation.packs.format import case_to_json

SHOWN = 60


def exports() -> Any:
    return _exports_page(ExportForm())


def ask() -> Any:
    """Ask for an export with masked pictures, or without any."""
    return _asked(is_unmasked=False)


def ask_unmasked() -> Any:
    """Ask for an export with pictures as they are: a right of its own, with a reason."""
    return _asked(is_unmasked=True)


def export(export_id: str) -> Any:
    """One export: its pictures to be looked at, and what stays behind."""
    found = _export(export_id)
    folder = folder_of(services().settings.data, export_id)
    cases: list[Any] = []
    if found.state in ("prepared", "made") and (folder / PREPARED).is_file():
        cases = json.loads((folder / PREPARED).read_text(encoding="utf-8"))
    shown: dict[str, list[Any]] = {}
    for case in cases:
        for step in ("picture", "picture_after"):
            if step in case:
                shown.setdefault(case[step]["id"], []).append(case)
    return render_template(
        "cases/export.html", export=found, pictures=dict(list(shown.items())[:SHOWN]), count=len(shown),
        left=list(counted(found.left)), why_left=WHY_LEFT, forms=FORMS,
        progress=progress_of(services().settings.data, export_id) if found.state == "asked" else None,
    )  # fmt: skip


def export_picture(export_id: str, picture_id: str) -> Response:
    """A picture as it would leave. Those that leave as they are show patients, so a look at one is on record."""
    found = _export(export_id)
    path = preview_of(services().settings.data, export_id) / f"{picture_id}.png"
    if len(picture_id) != 64 or not picture_id.isalnum() or not path.is_file():
        abort(404)
    if found.pictures == "original":
        sessions.audit(g.user.id, "picture_viewed", object_kind="export", object_id=export_id)
    response = make_response(path.read_bytes())
    response.headers["Content-Type"] = "image/png"
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def make(export_id: str) -> Any:
    """Make the file of what was looked at."""
    found, store, data = _export(export_id), services().store, services().settings.data
    try:
        prepared = read_prepared(data, found)
    except FileNotFoundError:
        abort(404)
    if found.state != "prepared" or not prepared.cases:
        abort(409)
    manifest = manifest_for(store, found.asked.get("name", ""), found.pictures, engine=product_version())
    path = file_of(data, found)
    if found.form == "json":
        write_document(path, manifest, [compact(case_to_json(case)) for case in prepared.cases])
    else:
        write_form(found.form, path, manifest, prepared)
    path.chmod(0o600)
    store.change_export(replace(found, state="made", size_bytes=path.stat().st_size), was="prepared")
    _log("export_made", found)
    return redirect(url_for("cases.export", export_id=export_id), 303)


def export_file(export_id: str) -> Any:
    found = _export(export_id)
    path = file_of(services().settings.data, found)
    if found.state != "made" or not path.is_file():
        abort(404)
    _log("export_fetched", found)
    name = f"navcases-{found.form}-{found.created_at:%Y%m%d-%H%M}{path.suffix}"
    response = send_file(path.absolute(), as_attachment=True, download_name=name, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    return response


def remove_export(export_id: str) -> Any:
    """Remove an export's files now."""
    found = _export(export_id)
    if found.state != "removed":
        shutil.rmtree(folder_of(services().settings.data, export_id), ignore_errors=True)
        try:
            services().store.change_export(removed_form(found), was=found.state)
        except ConflictError:  # it was prepared meanwhile; the next press, or its time, removes it
            return redirect(url_for("cases.export", export_id=export_id), 303)
        _log("export_removed", found)
    return redirect(url_for("cases.exports"), 303)


def _asked(*, is_unmasked: bool) -> Any:
    store, now = services().store, datetime.now(UTC)
    sets = store.case_sets(g.user.applications)
    form = parse_export(request.form, sets, is_unmasked=is_unmasked)
    if form.errors:
        return _exports_page(form, status=422)
    names = {one.id: one.name for one in sets}
    asked = {
        "set": form.set_id,
        "name": names.get(form.set_id, form.application),
        "application": form.application,
        "state": form.state,
        "vouched": form.vouched_lines,
        "applications": None if g.user.applications is None else list(g.user.applications),
    }
    pictures = "none" if form.form == "json" else "original" if is_unmasked else "masked"
    export = CaseExport(
        id=new_id(), author_id=g.user.id, author=g.user.name, form=form.form, pictures=pictures, reason=form.reason,
        asked=asked, state="asked", created_at=now, expires_at=now + KEPT_FOR,
    )  # fmt: skip
    details = {"form": form.form, "pictures": pictures, **({"reason": form.reason} if is_unmasked else {})}
    event = sessions.audit_event(
        g.user.id, "export_asked", object_kind="export", object_id=export.id, details=details
    )  # fmt: skip
    store.add_export(export, event=event)
    return redirect(url_for("cases.export", export_id=export.id), 303)


def _exports_page(form: ExportForm, *, status: int = 200) -> Any:
    store = services().store
    mine = [one for one in store.exports() if _may_have(one)]
    page = render_template(
        "cases/exports.html", exports=mine, form=form, forms=FORMS, states=STATES,
        sets=store.case_sets(g.user.applications), applications=store.known_applications(g.user.applications),
        counts=store.count_cases(CaseFilter(applications=g.user.applications)),
        may_unmask=may(g.user, "cases.ask_unmasked", "POST"),
    )  # fmt: skip
    return make_response(page, status)


def _may_have(export: CaseExport) -> bool:
    """Who asked may have it, and administrators who may see everything."""
    return export.author_id == g.user.id or (g.user.role == "admin" and g.user.applications is None)


def _export(export_id: str) -> CaseExport:
    found = services().store.export(export_id) if is_id(export_id) else None
    if found is None or not _may_have(found):
        abort(404)
    return found


def _log(action: str, export: CaseExport) -> None:
    details = {"cases": export.cases, "pictures": export.pictures, "form": export.form}
    sessions.audit(g.user.id, action, object_kind="export", object_id=export.id, details=details)
