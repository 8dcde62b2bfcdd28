"""Log-in, one-time link, log-out, password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from navconsole.auth import sessions
from navconsole.auth.forms import LinkForm, LoginForm, PasswordForm
from navconsole.auth.login import LoginResult, device_mark, try_login
from navconsole.auth.passwords import PROBLEMS, hash_password, problem_with, verify_password
from navconsole.i18n import PREFERENCE_AGE_S
from navconsole.i18n import mark as _
from navconsole.security import cookie_name
from navconsole.services import services
from navigation.records import User

blueprint = Blueprint("auth", __name__)

DEVICE_COOKIE = "navconsole_device"
REFUSED = _("Name or password is wrong.")
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
    sessions.audit(result.user.id, "login", object_kind="user", object_id=result.user.id)
    return _welcome(result.user, safe_next(form.next.data))


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
    sessions.audit(user.id, "link", object_kind="user", object_id=user.id)
    return _welcome(user, url_for("home"), found.run_id)


@blueprint.post("/logout")
def logout() -> Any:
    sessions.end_current()
    sessions.audit(g.user.id, "logout", object_kind="user", object_id=g.user.id)
    return sessions.forget(make_response(render_template("auth/logged_out.html")))


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> Any:
    form = PasswordForm()
    if request.method == "GET":
        return _password_page(form)
    if not form.validate_on_submit() or not _may_take(form):
        return _password_page(form, status=422)
    services().store.set_password(g.user.id, hash_password(form.new.data))
    sessions.audit(g.user.id, "password_changed", object_kind="user", object_id=g.user.id)
    return _welcome(g.user, url_for("home"))


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
    if not result.wait:
        return _login_page(form, error=REFUSED, status=401)
    response = _login_page(form, wait_s=int(result.wait.total_seconds()), status=429)
    response.headers["Retry-After"] = str(int(result.wait.total_seconds()))
    return response


def _login_page(form: LoginForm, *, status: int = 200, **context: Any) -> Response:
    return make_response(render_template("auth/login.html", form=form, **context), status)


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


def _welcome(user: User, address: str, run_id: str | None = None) -> Response:
    response = sessions.begin(redirect(address, 303), user, run_id)  # type: ignore[arg-type]
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
