"""Log-in by password and code, one-time link, log-out, password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.auth.forms import CodeForm, LinkForm, LoginForm, PasswordForm
from navconsole.auth.login import LoginResult, device_mark, try_login
from navconsole.auth.passwords import PROBLEMS, hash_password, problem_with, verify_password
from navconsole.auth.second_factor import Sealer, try_code
from navconsole.i18n import PREFERENCE_AGE_S
from navconsole.i18n import mark as _
from navconsole.security import cookie_name
from navconsole.services import services
from navigation.records import Json, Origin, User

blueprint = Blueprint("auth", __name__)

DEVICE_COOKIE = "navconsole_device"
REFUSED = _("Name or password is wrong.")
WRONG_CODE = _("This code is wrong, or was used already. Wait for the next one.")
CODE_LIFE = timedelta(minutes=10)
WRONG_CURRENT = _("This is not your present password.")


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> Any:
    form = LoginForm(data={"next": request.args.get("next", "")}) if request.method == "GET" else LoginForm()
    if request.method == "GET":
        return redirect(url_for("home"), 303) if g.user else _login_page(form)
    if not form.validate_on_submit():
        return _login_page(form, status=422)
    result = _try(form.name.data, form.password.data)
    if result.user is None:
        return _login_refused(form, result)
    return enter(result.user, "login", safe_next(form.next.data))


@blueprint.route("/login/code", methods=["GET", "POST"])
def code() -> Any:
    """The second step of a log-in: the code of the second factor, or a recovery code."""
    waiting = sessions.current()
    is_awaited = waiting is not None and waiting.is_partial
    if waiting is None or not is_awaited or datetime.now(UTC) - waiting.created_at > CODE_LIFE:
        return redirect(url_for("auth.login"), 303)
    user = waiting.user
    form = CodeForm(data={"next": request.args.get("next", "")}) if request.method == "GET" else CodeForm()
    if request.method == "GET":
        return _code_page(form)
    if not form.validate_on_submit():
        return _code_page(form, status=422)
    result = try_code(services().store, user, form.code.data, Sealer.of(services().settings), source=sessions.source())
    if result.user is None:
        why = "throttled" if result.wait else "refused"
        sessions.audit(user.id, "second_factor", object_kind="user", object_id=user.id, result=why)
        return _refused(partial(_code_page, form), WRONG_CODE, result)
    sessions.audit(user.id, "second_factor", object_kind="user", object_id=user.id)
    return welcome(user, safe_next(form.next.data), run_id=waiting.run_id, origin=waiting.origin)


@blueprint.route("/link/<secret>", methods=["GET", "POST"])
def link(secret: str) -> Any:
    """A one-time link. GET only shows a button."""
    store, now = services().store, datetime.now(UTC)
    found = store.one_time_link(secret, now)
    if found and request.method == "GET":
        flow = store.login_flow(found.run_id) if found.run_id else None
        return render_template("auth/link.html", form=LinkForm(), flow=flow)
    user = store.use_one_time_link(secret, now) if request.method == "POST" else None
    if found is None or user is None:
        sessions.audit("-", "link", result="refused")
        return render_template("auth/link.html", form=LinkForm(), is_spent=True), 410
    return enter(user, "link", url_for("home"), run_id=found.run_id)


@blueprint.post("/logout")
def logout() -> Any:
    sessions.end_current()
    sessions.audit(g.user.id, "logout", object_kind="user", object_id=g.user.id)
    page = render_template("auth/logged_out.html", is_by_film_link=bool(g.only_run))
    return sessions.forget(make_response(page))


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> Any:
    form = PasswordForm()
    if request.method == "GET":
        return _password_page(form)
    if not form.validate_on_submit() or not _may_take(form):
        return _password_page(form, status=422)
    services().store.set_password(g.user.id, hash_password(form.new.data))
    sessions.audit(g.user.id, "password_changed", object_kind="user", object_id=g.user.id)
    return welcome(g.user, url_for("home"), origin=g.web_session.origin if g.web_session else None)


def safe_next(address: str | None) -> str:
    """`address` when it is a path of this console, else the home page."""
    parts = urlsplit(address or "")
    is_ours = bool(address) and not parts.scheme and not parts.netloc and parts.path.startswith("/")
    is_plain = bool(address) and "\\" not in str(address) and str(address).isprintable() and parts.path[1:2] != "/"
    return str(address) if is_ours and is_plain else url_for("home")


def _try(name: str, password: str) -> LoginResult:
    user = services().store.user_by_name(name)
    mark = request.cookies.get(_device_cookie(), "")
    is_known = bool(user and mark == device_mark(user.id, _device_key()))
    return try_login(services().store, name, password, source=sessions.source(), device_is_known=is_known)


def _login_refused(form: LoginForm, result: LoginResult) -> Any:
    sessions.audit("-", "login", result="throttled" if result.wait else "refused")
    return _refused(partial(_login_page, form), REFUSED, result)


def _refused(page: Callable[..., Response], error: str, result: LoginResult) -> Response:
    """The form again, with how long to wait or what was wrong."""
    if not result.wait:
        return page(error=error, status=401)
    response = page(wait_s=int(result.wait.total_seconds()), status=429)
    response.headers["Retry-After"] = str(int(result.wait.total_seconds()))
    return response


def _login_page(form: LoginForm, *, status: int = 200, **context: Any) -> Response:
    has_provider = services().settings.oidc is not None
    return make_response(render_template("auth/login.html", form=form, has_provider=has_provider, **context), status)


def _code_page(form: CodeForm, *, status: int = 200, **context: Any) -> Response:
    return make_response(render_template("auth/code.html", form=form, **context), status)


def _password_page(form: PasswordForm, *, status: int = 200) -> Response:
    return make_response(render_template("auth/password.html", form=form), status)


def _may_take(form: PasswordForm) -> bool:
    stored = g.user.password_hash
    if stored and not verify_password(stored, form.current.data or ""):
        form.current.errors = [WRONG_CURRENT]
        return False
    problem = problem_with(form.new.data, name=g.user.name)
    problem = problem or ("same" if stored and form.new.data == form.current.data else None)
    if problem:
        form.new.errors = [PROBLEMS[problem]]
    elif form.new.data != form.again.data:
        form.again.errors = [PROBLEMS["repeated"]]
    return not (form.new.errors or form.again.errors)


def enter(
    user: User,
    action: str,
    address: str,
    *,
    run_id: str | None = None,
    origin: Origin | None = None,
    details: Json | None = None,
) -> Response:
    """Into the console by what was just proven, or to the code first when there is a second factor.

    With a `run_id` no further than the log-in flow of that run.
    """
    has_factor = services().store.second_factor(user.id) is not None
    result = "code_due" if has_factor else "ok"
    sessions.audit(user.id, action, object_kind="user", object_id=user.id, result=result, details=details)
    if not has_factor:
        return welcome(user, address, run_id=run_id, origin=origin)
    asked = redirect(url_for("auth.code", next=address), 303)
    return sessions.begin(asked, user, run_id=run_id, origin=origin, is_partial=True)  # type: ignore[arg-type]


def welcome(user: User, address: str, *, run_id: str | None = None, origin: Origin | None = None) -> Response:
    """Open a session for someone who has proven all that is asked, and go on to `address`."""
    answer = sessions.begin(redirect(address, 303), user, run_id=run_id, origin=origin)  # type: ignore[arg-type]
    return remember_device(answer, user)


def remember_device(response: Response, user: User) -> Response:
    """Leave the mark of a browser that has logged in to this account."""
    response.set_cookie(
        _device_cookie(),
        device_mark(user.id, _device_key()),
        max_age=PREFERENCE_AGE_S,
        httponly=True,
        secure=services().settings.has_tls,
        samesite="Lax",
        path="/",
    )
    return response


def _device_cookie() -> str:
    return cookie_name(DEVICE_COOKIE, services().settings)


def _device_key() -> bytes:
    return services().settings.subkey("device")
