"""Changes of who may do what ask for the password again, so that a screen left open is not enough."""

from __future__ import annotations

from flask import g

from navconsole.auth import sessions
from navconsole.auth.login import confirm_password
from navconsole.i18n import gettext, ngettext
from navconsole.i18n import mark as _
from navconsole.services import services

WRONG_OWN = _("This is not your password. Nothing was changed.")
NO_PASSWORD = _("This asks for your password, and you have none yet. Set one under your account first.")


def refusal(password: str | None) -> str | None:
    """Why the change is not made, in the reader's language; None when the password was right.

    With log-in switched off (tests on loopback) there is nobody whose password could be asked for.
    """
    if services().settings.is_auth_disabled:
        return None
    if g.user.password_hash is None:
        return gettext(NO_PASSWORD)
    result = confirm_password(services().store, g.user, password or "", source=sessions.source())
    if result.user is not None:
        return None
    sessions.audit(g.user.id, "confirm", object_kind="user", object_id=g.user.id, result="refused")
    if result.wait:
        one = "Too many tries. Wait %(num)s second, then try again."
        many = "Too many tries. Wait %(num)s seconds, then try again."
        return ngettext(one, many, int(result.wait.total_seconds()))
    return gettext(WRONG_OWN)
