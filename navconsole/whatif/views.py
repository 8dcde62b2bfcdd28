"""Routes of the what-if: parse, call, show."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request

from navconsole.attempts.forms import ERRORS, AttemptQuery, parse_query
from navconsole.attempts.views import inspector
from navconsole.auth import sessions
from navconsole.auth.permissions import may
from navconsole.i18n import current_language, gettext, translator
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.visible import visible_attempt
from navconsole.whatif.context import build_whatif
from navigation.errors import BadScreenshotError, DamagedPictureError, OcrError
from navigation.records import AttemptDetail

log = logging.getLogger(__name__)

blueprint = Blueprint("whatif", __name__, url_prefix="/attempts/<attempt_id>/whatif")
ANSWER_ID = "whatif-answer"


@blueprint.get("")
def show(attempt_id: str) -> Any:
    return _page(visible_attempt(attempt_id))


@blueprint.post("/reading")
def read(attempt_id: str) -> Any:
    """Read the picture before with another reader; its page is kept, the attempt stays as it is."""
    attempt = visible_attempt(attempt_id)
    readers, name = services().readers, request.form.get("with", "")
    if readers is None or name not in readers.installed:
        abort(400)
    try:
        key = readers.read(name, attempt.start.before_id)
    except (OcrError, DamagedPictureError, BadScreenshotError, FileNotFoundError) as err:
        log.warning("picture not read reader=%s kind=%s attempt=%s", name, type(err).__name__, attempt_id)
        return _page(attempt, failed=name)
    sessions.audit(g.user.id, "picture_read", object_kind="attempt", object_id=attempt_id)
    kept = {name: request.form.get(name) for name in ("score", "margin", "text")}
    return redirect(_query().address(f"/attempts/{attempt_id}/whatif", reader=key, **kept), 303)


def _page(attempt: AttemptDetail, *, failed: str = "") -> Any:
    readers = services().readers
    whatif = build_whatif(
        services().store,
        attempt,
        _query(),
        request.args,
        translator(current_language()),
        installed=readers.installed if readers and may(g.user, "whatif.read", "POST") else (),
    )
    trouble = gettext("The reader %(name)s could not read this picture; the server's log says why.", name=failed)
    status = 422 if whatif.setting.errors or failed else 200
    more: dict[str, Any] = {"whatif": whatif, "errors": ERRORS, "failed": trouble if failed else ""}
    if not is_fragment_request():
        return inspector(attempt, **more), status
    is_answer = request.headers.get("HX-Target") == ANSWER_ID
    return render_template("whatif/_answer.html" if is_answer else "whatif/_panel.html", **more), status


def _query() -> AttemptQuery:
    query = parse_query(request.args)
    return AttemptQuery() if query.errors else query
