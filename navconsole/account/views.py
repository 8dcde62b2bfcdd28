"""Routes of one's own account: parse, call, show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.account.context import factor_state, limits, session_lines
from navconsole.account.forms import ConfirmForm, EnrolForm
from navconsole.auth import confirming, second_factor, sessions, totp
from navconsole.auth.gate import NOBODY_ID
from navconsole.auth.qr import qr_code
from navconsole.auth.second_factor import Sealer
from navconsole.i18n import mark as _
from navconsole.services import services

blueprint = Blueprint("account", __name__, url_prefix="/account")

ISSUER = "navconsole"
STALE = _("The page was open for too long, so here is another key. Read it again with your phone.")
WRONG_CODE = _("This code does not belong to the key. Check your phone's clock, and type the code it shows now.")


@blueprint.before_request
def _is_somebody() -> None:
    if g.user.id == NOBODY_ID:
        abort(404)


@blueprint.get("")
def index() -> Any:
    return _account_page()


@blueprint.post("/sessions")
def end_sessions() -> Any:
    """End the session that is named, or all but this one."""
    only = request.form.get("session", "")
    services().store.end_sessions(g.user.id, only=only, but="" if only else g.web_session.id)
    sessions.audit(g.user.id, "sessions_ended", object_kind="user", object_id=g.user.id)
    return redirect(url_for("account.index"), 303)


@blueprint.route("/second-factor", endpoint="second_factor", methods=["GET", "POST"])
def set_up() -> Any:
    """Set up the second factor, or put another phone in its place."""
    form = EnrolForm()
    sealer = Sealer.of(services().settings)
    if request.method == "GET":
        return _enrol_page(form, sealer, second_factor.new_key())
    key = sealer.open(form.sealed.data or "", g.user.id, life=second_factor.ENROLMENT_LIFE)
    if key is None:
        return _enrol_page(form, sealer, second_factor.new_key(), error=STALE, status=422)
    step = _proven_step(form, key)
    if step is None:
        return _enrol_page(form, sealer, key, status=422)
    codes = second_factor.new_recovery_codes()
    services().store.put_second_factor(
        g.user.id,
        sealer.seal(key, g.user.id),
        step=step,
        code_hashes=second_factor.hashes_of(codes, g.user.id, sealer),
        now=datetime.now(UTC),
        keep_session=g.web_session.id,
    )
    sessions.audit(g.user.id, "second_factor_set", object_kind="user", object_id=g.user.id)
    return render_template("account/codes.html", codes=codes, is_new=True)


@blueprint.post("/second-factor/codes")
def recovery_codes() -> Any:
    """Ten new recovery codes in place of the old."""
    if not g.web_session.has_second_factor:
        abort(404)
    refused = confirming.refusal(ConfirmForm().password.data)
    if refused:
        return _account_page(codes_error=refused, status=422)
    codes = second_factor.new_recovery_codes()
    hashes = second_factor.hashes_of(codes, g.user.id, Sealer.of(services().settings))
    services().store.put_recovery_codes(g.user.id, hashes)
    sessions.audit(g.user.id, "recovery_codes_made", object_kind="user", object_id=g.user.id)
    return render_template("account/codes.html", codes=codes, is_new=False)


@blueprint.post("/second-factor/remove")
def remove_factor() -> Any:
    if second_factor.is_required(g.user.role, services().settings):
        abort(403)
    refused = confirming.refusal(ConfirmForm().password.data)
    if refused:
        return _account_page(remove_error=refused, status=422)
    services().store.remove_second_factor(g.user.id, keep_session=g.web_session.id)
    sessions.audit(g.user.id, "second_factor_removed", object_kind="user", object_id=g.user.id)
    return redirect(url_for("account.index"), 303)


def _proven_step(form: EnrolForm, key: bytes) -> int | None:
    """The step of the code that proves the key is on the phone; None when password or code are wrong."""
    if not form.validate_on_submit():
        return None
    refused = confirming.refusal(form.password.data) if g.user.password_hash else None
    if refused:
        form.password.errors = [refused]
        return None
    digits = second_factor.plain_digits(form.code.data)
    step = totp.step_of(key, digits, totp.step_at(datetime.now(UTC))) if digits.isascii() else None
    if step is None:
        form.code.errors = [WRONG_CODE]
    return step


def _enrol_page(form: EnrolForm, sealer: Sealer, key: bytes, *, error: str = "", status: int = 200) -> Response:
    page = render_template(
        "account/second_factor.html",
        form=form,
        sealed=sealer.seal(key, g.user.id),
        key=totp.shown_key(key),
        qr=qr_code(totp.provisioning_uri(key, g.user.name, ISSUER)),
        is_replacing=g.web_session.has_second_factor,
        is_required=second_factor.is_required(g.user.role, services().settings),
        error=error,
    )
    return make_response(page, status)


def _account_page(*, codes_error: str = "", remove_error: str = "", status: int = 200) -> Response:
    store, settings = services().store, services().settings
    found = store.sessions_of(
        g.user.id, datetime.now(UTC), idle=settings.session_idle, absolute=settings.session_absolute
    )
    page = render_template(
        "account/index.html",
        form=ConfirmForm(),
        lines=session_lines(found, g.web_session.id),
        factor=factor_state(g.user, store.second_factor(g.user.id), settings),
        limits=limits(settings),
        codes_error=codes_error,
        remove_error=remove_error,
    )
    return make_response(page, status)
