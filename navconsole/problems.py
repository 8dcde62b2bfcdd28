"""Errors as pages, fragments or JSON, in one place. Nobody sees a stack, but a reference that is in the log too."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from navconsole.admission import BusyError
from navconsole.i18n import gettext
from navconsole.i18n import mark as _
from navconsole.security import is_fragment_request
from navigation.errors import (
    BadActionError,
    BadScreenshotError,
    ConflictError,
    StoreBusyError,
    StoreDamagedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)

log = logging.getLogger(__name__)

API_PREFIX = "/api/"


@dataclass(frozen=True, slots=True)
class Problem:
    """What happened, what it means, what to do; `code` is its stable name for programs."""

    code: str
    title: str
    text: str


PROBLEMS: dict[int, Problem] = {
    400: Problem(
        "malformed",
        _("This request cannot be understood"),
        _("A part of the address or form is not what this page takes. Go back, correct it and try again."),
    ),
    401: Problem(
        "unauthenticated",
        _("Please log in"),
        _("This page needs you to be logged in; your session may have ended. Log in, then come back to it."),
    ),
    403: Problem(
        "forbidden",
        _("This is not open to your role"),
        _("Your account may not do this. Ask an administrator if you need it for your work."),
    ),
    404: Problem(
        "not_found",
        _("There is nothing here"),
        _("The address is wrong, or what it named is not open to you. Go back to the list and look for it there."),
    ),
    405: Problem(
        "method_not_allowed",
        _("This address does not take that"),
        _("The page exists, but not for this kind of request. Use the links and buttons of the console."),
    ),
    409: Problem(
        "conflict",
        _("Somebody was here first"),
        _("What you sent does not agree with what is stored. Look at the present state, then decide again."),
    ),
    413: Problem(
        "too_large",
        _("This is too large"),
        _("More was sent than this address takes. Send less."),
    ),
    415: Problem(
        "unsupported_media_type",
        _("This kind of content is not taken here"),
        _("The request has a content type that this address does not read."),
    ),
    422: Problem(
        "invalid",
        _("Something needs correcting"),
        _("What was sent could be read but not used. Correct what is marked and send it again."),
    ),
    429: Problem(
        "too_many_requests",
        _("Too many tries"),
        _("Wait a little before trying again."),
    ),
    500: Problem(
        "internal",
        _("A fault on our side"),
        _(
            "The console failed on this page; nothing you entered was at fault. Try again, and give the reference"
            " below to whoever runs it."
        ),
    ),
    503: Problem(
        "busy",
        _("Too busy just now"),
        _("The database or the readers are busy. Nothing is lost: try again in a few seconds."),
    ),
    507: Problem(
        "disk_full",
        _("The disk is full"),
        _(
            "Nothing new can be stored until room is made; what is stored can still be read. Tell whoever runs "
            "the console."
        ),
    ),
}
FORM_EXPIRED = Problem(
    "form_expired",
    _("This form has expired"),
    _("It was opened in another session. Load the page again, then send it once more."),
)
READ_ONLY = Problem(
    "read_only",
    _("The disk can only be read"),
    _(
        "Nothing was stored; what is stored can still be read. Tell whoever runs the console to make the disk of its"
        " data writable again, then send this once more."
    ),
)
DISK = Problem(
    "disk_failed",
    _("The disk did not answer"),
    _("Nothing was stored. Tell whoever runs the console to look at the disk of its data, then send this once more."),
)
DAMAGED = Problem(
    "damaged",
    _("The database is damaged"),
    _(
        "Nothing was stored; what can be read is still shown. Tell whoever runs the console: stop the server, run"
        " “navconsole doctor --deep”, and do what it says (“navconsole restore” with the last backup, or “navconsole"
        " reindex”)."
    ),
)
RETRY_AFTER_S = {429: 30, 503: 2}

ANSWERS_TO: dict[type[Exception], int | tuple[int, Problem]] = {
    StoreBusyError: 503,
    StoreDamagedError: (503, DAMAGED),
    StoreDiskError: (503, DISK),
    MemoryError: 503,
    StoreReadOnlyError: (503, READ_ONLY),
    BusyError: 503,
    StoreFullError: 507,
    ConflictError: 409,
    BadScreenshotError: 422,
    BadActionError: 400,
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(CSRFError, _on_form_expired)
    for kind, told in ANSWERS_TO.items():
        status, problem = told if isinstance(told, tuple) else (told, None)
        app.register_error_handler(kind, _answer_with(status, problem))
    app.register_error_handler(OSError, _on_os_error)
    app.register_error_handler(Exception, _on_fault)


def answer(status: int, problem: Problem | None = None) -> Response:
    """The error as JSON for programs, a fragment for htmx, a page for people."""
    problem = problem or PROBLEMS.get(status) or PROBLEMS[500 if status >= 500 else 400]
    if request.path.startswith(API_PREFIX):
        body = {"code": problem.code, "message": gettext(problem.text), "reference": g.get("reference", "")}
        response = jsonify({"error": body})
    else:
        template = "errors/_problem.html" if is_fragment_request() else "errors/page.html"
        try:
            response = make_response(render_template(template, status=status, problem=problem))
        except (OSError, StoreError):  # what the page needs is what is missing: no file to open, a damaged record
            said = "\n\n".join((gettext(problem.title), gettext(problem.text), g.get("reference", "")))
            response = make_response(said, {"Content-Type": "text/plain; charset=utf-8"})
    response.status_code = status
    if status in RETRY_AFTER_S:
        response.headers["Retry-After"] = str(RETRY_AFTER_S[status])
    return response


def _on_http_exception(error: HTTPException) -> Response:
    if error.code is None or error.response is not None or error.code < 400:
        return make_response(error.get_response())
    response = answer(error.code)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _on_form_expired(error: CSRFError) -> Response:
    return answer(400, FORM_EXPIRED)


def _answer_with(status: int, problem: Problem | None) -> Callable[[Exception], Response]:
    def handler(error: Exception) -> Response:
        log.warning("request refused kind=%s status=%d ref=%s", type(error).__name__, status, g.get("reference", "-"))
        return answer(status, problem)

    return handler


def _on_os_error(error: OSError) -> Response:
    """No file handle, or no room, where no part of ours was asking: a spooled upload, a template."""
    status = {errno.EMFILE: 503, errno.ENFILE: 503, errno.ENOSPC: 507, errno.EDQUOT: 507}.get(error.errno or 0)
    return _on_fault(error) if status is None else _answer_with(status, None)(error)


def _on_fault(error: Exception) -> Response:
    if current_app.testing:
        raise error
    # The type and place only: a message may hold what was read from a screen.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"
    log.error("request failed kind=%s at=%s ref=%s", type(error).__name__, place, g.get("reference", "-"))
    return answer(500)
