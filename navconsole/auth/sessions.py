"""Sessions: a random secret in the browser's cookie, its hash in the store, limits for idling and in all."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from flask import Response, request, session

from navconsole.security import cookie_name
from navconsole.services import services
from navigation.records import AuditEvent, Json, Origin, User, WebSession

SESSION_COOKIE = "navconsole_session"
SECRET_BYTES = 32


def source() -> str:
    """The address the request comes from."""
    return request.remote_addr or "-"


def audit(
    actor: str,
    action: str,
    *,
    object_kind: str = "",
    object_id: str = "",
    result: str = "ok",
    details: Json | None = None,
) -> None:
    """Write who did what to which object to the audit log."""
    event = audit_event(actor, action, object_kind=object_kind, object_id=object_id, result=result, details=details)
    services().store.audit(event, datetime.now(UTC))


def audit_event(
    actor: str,
    action: str,
    *,
    object_kind: str = "",
    object_id: str = "",
    result: str = "ok",
    details: Json | None = None,
) -> AuditEvent:
    """What `audit` writes, for a change that writes it in its own transaction."""
    return AuditEvent(actor, action, object_kind, object_id, source(), result, details or {})


def current() -> WebSession | None:
    """The session of this request, if it is still good."""
    secret = request.cookies.get(_name())
    if not secret:
        return None
    settings = services().settings
    return services().store.session(
        secret, datetime.now(UTC), idle=settings.session_idle, absolute=settings.session_absolute
    )


def begin(
    response: Response,
    user: User,
    *,
    run_id: str | None = None,
    origin: Origin | None = None,
    is_partial: bool = False,
) -> Response:
    """Open a fresh session for `user`; whatever the browser held before is worth nothing.

    With a `run_id` it opens the log-in flow of that run only; `origin` is the provider that vouched for it.
    `is_partial`: it opens nothing until the second factor's code was given, and is then replaced.
    """
    end_current()
    session.clear()
    secret = secrets.token_urlsafe(SECRET_BYTES)
    services().store.open_session(
        user.id, secret, datetime.now(UTC), source(), run_id=run_id, origin=origin, is_partial=is_partial
    )
    response.set_cookie(_name(), secret, httponly=True, secure=services().settings.has_tls, samesite="Lax", path="/")
    return response


def end_current() -> None:
    """End the session of this request in the store."""
    secret = request.cookies.get(_name())
    if secret:
        services().store.close_session(secret)


def forget(response: Response) -> Response:
    """Make the browser drop the cookie and everything it kept of the console."""
    session.clear()
    response.delete_cookie(_name(), httponly=True, secure=services().settings.has_tls, samesite="Lax", path="/")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _name() -> str:
    return cookie_name(SESSION_COOKIE, services().settings)
