"""Routes of the log-in by the house's identity provider. Without one set, they do not exist."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, abort, render_template, request, session, url_for

from navconsole.auth import sessions
from navconsole.auth.accounts import By
from navconsole.auth.oidc import Provider, ProviderError, account_for, provider
from navconsole.auth.views import enter, safe_next
from navconsole.services import services

log = logging.getLogger(__name__)

blueprint = Blueprint("oidc", __name__, url_prefix="/login/oidc")
NEXT = "oidc_next"


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
    return enter(user, "oidc", address, details=claims.means)


def _provider() -> Provider:
    found = provider()
    if found is None:
        abort(404)
    return found


def _refused(err: ProviderError) -> Any:
    log.warning("provider refused kind=%s", err)
    sessions.audit("-", "oidc", result="refused")
    return render_template("auth/oidc.html", subject=None), 401
