"""Routes of the log-in by the house's identity provider. Without one set, they do not exist."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, session, url_for

from navconsole.auth import sessions
from navconsole.auth.accounts import By
from navconsole.auth.oidc import Provider, ProviderError, account_for, provider
from navconsole.auth.views import enter, safe_next
from navconsole.services import services
from navigation.errors import ConflictError
from navigation.records import Origin

log = logging.getLogger(__name__)

blueprint = Blueprint("oidc", __name__, url_prefix="/login/oidc")
NEXT = "oidc_next"
MAX_TOKEN = 16_384


@blueprint.get("")
def start() -> Any:
    """To the provider; where to go afterwards waits in the form cookie."""
    found = _provider()
    session[NEXT] = safe_next(request.args.get("next"))
    try:
        return found.redirect(services().settings.base_url + url_for("oidc.callback"))
    except ProviderError as err:
        return _refused(err)


@blueprint.get("/callback")
def callback() -> Any:
    """Back from the provider."""
    found, settings = _provider(), services().settings.oidc
    address = safe_next(session.pop(NEXT, None))
    try:
        claims = found.claims()
    except ProviderError as err:
        return _refused(err)
    user = account_for(services().store, claims, settings, by=By("provider", sessions.source())) if settings else None
    if user is None:
        sessions.audit("-", "oidc", result="refused", details=claims.means)
        return render_template("auth/oidc.html", subject=claims.subject), 403
    return enter(user, "oidc", address, origin=Origin(claims.issuer, claims.session), details=claims.means)


@blueprint.post("/logout")
def back_channel() -> Any:
    """The provider's server says that somebody has logged out there (OpenID Connect Back-Channel Logout 1.0)."""
    found, store, now = _provider(), services().store, datetime.now(UTC)
    token = request.form.get("logout_token", "")
    try:
        if not 0 < len(token) <= MAX_TOKEN:
            raise ProviderError("no token")
        said = found.log_out(token, now)
        user = store.user_by_identity(said.issuer, said.subject) if said.subject else None
        ended = store.end_provided(
            said.issuer,
            subject=said.subject,
            session=said.session,
            token_id=said.token_id,
            expires_at=said.expires_at,
            now=now,
        )
    except (ProviderError, ConflictError) as err:
        log.warning("log-out refused kind=%s", err if isinstance(err, ProviderError) else "spent")
        sessions.audit("-", "oidc_logout", result="refused")
        return _told(400, error="invalid_request")
    sessions.audit(
        "provider", "oidc_logout", object_kind="user", object_id=user.id if user else "", details={"sessions": ended}
    )
    return _told(200)


def _told(status: int, **body: str) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _provider() -> Provider:
    found = provider()
    if found is None:
        abort(404)
    return found


def _refused(err: ProviderError) -> Any:
    log.warning("provider refused kind=%s", err)
    sessions.audit("-", "oidc", result="refused")
    return render_template("auth/oidc.html", subject=None), 401
