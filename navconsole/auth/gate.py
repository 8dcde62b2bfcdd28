"""The one gate before every view: language, session, permission, form token, in this order."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect

from navconsole import problems
from navconsole.auth import sessions
from navconsole.auth.permissions import (
    BY_SIGNED_TOKEN,
    PUBLIC,
    TOKEN_BLUEPRINTS,
    WHILE_FACTOR_IS_DUE,
    WHILE_PASSWORD_IS_DUE,
    allowed,
    is_of_run,
)
from navconsole.auth.second_factor import is_required
from navconsole.i18n import choose_language, choose_timezone
from navconsole.security import UNSAFE_METHODS, is_cross_site, is_fragment_request
from navconsole.services import services
from navigation.records import User

Answer = Response | Any | None

NOBODY_ID = "auth-disabled"


def init_app(app: Flask) -> None:
    csrf = CSRFProtect(app)  # its own hook is off (WTF_CSRF_CHECK_DEFAULT); the gate calls it

    @app.before_request
    def gate() -> Answer:
        settings = services().settings
        g.has_tls = settings.has_tls
        _set_reader(None)
        if request.blueprint in TOKEN_BLUEPRINTS or request.endpoint in BY_SIGNED_TOKEN:
            return None  # a token is checked there, and a session counts for nothing
        g.one_view = ExitStack()
        g.one_view.enter_context(services().store.one_view())
        g.user = _user()
        g.only_run = g.web_session.run_id if g.web_session else None
        _set_reader(g.user)
        if request.endpoint is None:
            return None  # an unknown address is a 404 for everybody
        refused = _refusal(g.user)
        if refused is None and request.method in UNSAFE_METHODS:
            if is_cross_site():
                return problems.answer(403)
            csrf.protect()
        return refused

    @app.teardown_request
    def end_view(_err: BaseException | None) -> None:
        g.pop("one_view", ExitStack()).close()


def _set_reader(user: User | None) -> None:
    settings = services().settings
    g.language = choose_language(user.language if user else None, settings.language)
    g.timezone = choose_timezone(settings.timezone)


def _user() -> User | None:
    g.web_session = None
    if services().settings.is_auth_disabled:
        return _stand_in_admin()
    found = sessions.current()
    if found is None or found.is_partial:
        return None
    g.web_session = found
    return found.user


def _refusal(user: User | None) -> Answer:
    roles = allowed(request.endpoint or "", request.method)
    if PUBLIC in roles:
        return None
    if user is None:
        return _ask_to_log_in()
    if g.only_run and not is_of_run(request.endpoint or "", request.view_args or {}, g.only_run):
        return problems.answer(404)
    if user.role not in roles:
        return problems.answer(403)
    if user.must_change_password and request.endpoint not in WHILE_PASSWORD_IS_DUE:
        return _send_to(url_for("auth.password"))
    if not g.only_run and _is_factor_due(user) and request.endpoint not in WHILE_FACTOR_IS_DUE:
        return _send_to(url_for("account.second_factor"))
    return None


def _is_factor_due(user: User) -> bool:
    is_missing = g.web_session is not None and not g.web_session.has_second_factor
    return is_missing and is_required(user.role, services().settings)


def _ask_to_log_in() -> Answer:
    wants_page = request.method in ("GET", "HEAD") and request.accept_mimetypes.accept_html
    if request.headers.get("Authorization") or not wants_page or request.endpoint in PICTURES:
        return problems.answer(401)
    return _send_to(url_for("auth.login", next=_here()))


PICTURES = frozenset(
    {
        "attempts.picture",
        "attempts.thumb",
        "attempts.screen",
        "attempts.news",
        "flows.picture",
        "flows.sharp",
        "opinions.picture",
        "opinions.sharp",
        "places.patch",
        "stop.bar",
    }
)
"""What a page loads by itself: it gets the bare refusal, never a log-in page."""


def _here() -> str | None:
    here = request.full_path.rstrip("?") if request.query_string else request.path
    return here if here != "/" and len(here) < 2000 else None


def _send_to(address: str) -> Answer:
    if is_fragment_request():
        response = problems.answer(401)
        response.headers["HX-Redirect"] = address
        return response
    return redirect(address, 303)


def _stand_in_admin() -> User:
    return User(
        id=NOBODY_ID,
        name="admin",
        role="admin",
        applications=None,
        language=None,
        must_change_password=False,
        is_active=True,
        password_hash=None,
        created_at=datetime.now(UTC),
    )
