"""Language and theme: chosen by a form, kept in the browser and, for the language, with the account."""

from __future__ import annotations

from typing import Any

from flask import abort, g, redirect, request

from navconsole.auth.gate import NOBODY_ID
from navconsole.auth.views import safe_next
from navconsole.i18n import LANGUAGE_COOKIE, PREFERENCE_AGE_S
from navconsole.services import services
from navconsole.settings import LANGUAGES

THEME_COOKIE = "navconsole_theme"
THEMES = ("auto", "light", "dark")


def current_theme() -> str:
    """ "light", "dark", or "auto" for what the system says."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    return theme if theme in THEMES else "auto"


def save_preferences() -> Any:
    """Set `lang` or `theme`, then go back to the page the form was on."""
    response = redirect(without_language(safe_next(request.form.get("next"))), 303)
    theme, language = request.form.get("theme"), request.form.get("lang")
    if (theme and theme not in THEMES) or (language and language not in LANGUAGES) or not (theme or language):
        abort(400)
    for name, value in ((THEME_COOKIE, theme), (LANGUAGE_COOKIE, language)):
        if value:
            response.set_cookie(
                name, value, max_age=PREFERENCE_AGE_S, samesite="Lax", httponly=True, secure=g.has_tls, path="/"
            )
    if language and g.user and g.user.id != NOBODY_ID:
        services().store.set_language(g.user.id, language)
    return response


def without_language(address: str) -> str:
    """The address without a `lang=` that would win over what was just chosen."""
    path, _, query = address.partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("lang="))
    return f"{path}?{kept}" if kept else path
