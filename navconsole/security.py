"""What every answer carries and every request must satisfy: headers, request reference, one log line.

Nothing here knows a feature. Log lines name the route and never its values: addresses may hold what was searched.
"""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, g, request

from navconsole.settings import ConsoleSettings

log = logging.getLogger("navconsole.request")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), display-capture=()"
HSTS = "max-age=31536000; includeSubDomains"
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def init_app(app: Flask, settings: ConsoleSettings) -> None:
    app.config.update(
        SECRET_KEY=settings.subkey("forms"),
        TRUSTED_HOSTS=settings.trusted_hosts,
        SESSION_COOKIE_NAME=cookie_name("navconsole_form", settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.has_tls,
        MAX_CONTENT_LENGTH=64 * 1024,  # a form; the API sets its own for pictures
        MAX_FORM_PARTS=50,
        WTF_CSRF_CHECK_DEFAULT=False,  # checked by the gate in navconsole.auth, after the session
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # no-referrer is our policy; Sec-Fetch-Site is checked instead
    )
    app.before_request(_begin)
    app.after_request(_add_headers)
    app.after_request(_write_log_line)


def cookie_name(name: str, settings: ConsoleSettings) -> str:
    """With the `__Host-` prefix where the console is reached over https."""
    return f"__Host-{name}" if settings.has_tls else name


def is_cross_site() -> bool:
    """Whether the browser says that another site made this request."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def is_fragment_request() -> bool:
    """Whether htmx asked, and for a part of a page (a restored history entry wants the whole)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def _begin() -> None:
    g.started = time.perf_counter()
    g.reference = secrets.token_hex(4)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS_POLICY
    headers["X-Frame-Options"] = "DENY"
    headers.pop("Server", None)
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("HX-Request", "Cookie", "Accept-Language"))
    if g.get("has_tls"):
        headers["Strict-Transport-Security"] = HSTS
    return response


def _write_log_line(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code < 400:
        return response
    rule = request.url_rule.rule if request.url_rule else "-"
    user = g.get("user")
    log.info(
        "request method=%s route=%s status=%d ms=%.0f user=%s ref=%s",
        request.method if request.method.isalpha() else "-",
        rule,
        response.status_code,
        (time.perf_counter() - g.get("started", time.perf_counter())) * 1000,
        user.id if user else "-",
        g.get("reference", "-"),
    )
    return response
