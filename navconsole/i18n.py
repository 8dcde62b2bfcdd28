"""Sentences, numbers and times in the reader's language. English texts are the message ids; French is complete.

The catalogues are compiled from their .po files when first used, so that no compiled file can be out of date.
"""

from __future__ import annotations

import gettext as gettext_module
import io
from collections.abc import Callable
from datetime import date, datetime, time
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import Flask, Response, g, request
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from navconsole.settings import LANGUAGES

LOCALE_DIR = Path(__file__).parent / "locale"
DEFAULT_LANGUAGE = "fr"
LANGUAGE_COOKIE = "navconsole_lang"
TIMEZONE_COOKIE = "navconsole_tz"
KEPT_SENTENCES = 8192
PREFERENCE_AGE_S = 365 * 24 * 3600


@cache
def catalogue(language: str) -> gettext_module.NullTranslations:
    """The compiled catalogue of one of `LANGUAGES`."""
    path = LOCALE_DIR / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        parsed = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


def translator(language: str) -> Callable[[str], str]:
    """A function from an English sentence to its sentence in `language` (what `Reason.sentence` takes)."""
    return catalogue(language).gettext


def current_language() -> str:
    """Language of the answer being made."""
    try:
        return str(g.language)
    except (AttributeError, RuntimeError):  # none is being made, or it has only begun
        return DEFAULT_LANGUAGE


def gettext(message: str, **values: object) -> str:
    """`message` in the reader's language, with its `%(name)s` filled."""
    text = catalogue(current_language()).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Singular or plural by `num`, which fills `%(num)s`."""
    return catalogue(current_language()).ngettext(singular, plural, num) % {"num": num, **values}


@pass_eval_context
def _said(context: EvalContext, message: str, **values: object) -> str:
    """`gettext` of the templates: as Jinja's own, whose work on the hundreds of plain sentences of a page is kept."""
    if values:
        return _sentence(current_language(), message, context.autoescape) % values
    return _plain_sentence(current_language(), message, context.autoescape)


@lru_cache(maxsize=KEPT_SENTENCES)
def _sentence(language: str, message: str, is_markup: bool) -> str:
    text = catalogue(language).gettext(message)
    return Markup(text) if is_markup else text


@lru_cache(maxsize=KEPT_SENTENCES)
def _plain_sentence(language: str, message: str, is_markup: bool) -> str:
    return _sentence(language, message, is_markup) % {}  # "%%" stands for "%"


def mark(message: str) -> str:
    """Mark a sentence for the catalogues where it is defined; it is translated where it is shown."""
    return message


# --- choosing -------------------------------------------------------------------------------------


def choose_language(user_language: str | None, default: str) -> str:
    """`?lang=` first, then the person's own, then the cookie, then what the browser asks for, then the default."""
    for wanted in (request.args.get("lang"), user_language, request.cookies.get(LANGUAGE_COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    return request.accept_languages.best_match(LANGUAGES) or default


def choose_timezone(default: str) -> ZoneInfo:
    """The zone the browser told of in a cookie, else the server's setting."""
    try:
        return ZoneInfo(request.cookies.get(TIMEZONE_COOKIE, "") or default)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(default)


def keep_asked_language(response: Response) -> Response:
    """Remember `?lang=` in the browser."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, asked, max_age=PREFERENCE_AGE_S, samesite="Lax", httponly=True)
    return response


# --- formats --------------------------------------------------------------------------------------


def format_moment(moment: datetime) -> str:
    """Day and time to the second, in the reader's zone: "23 nov., 14:02:11". With the year when it is not this one."""
    shown = moment.astimezone(g.timezone)
    skeleton = "MMMd" if shown.year == datetime.now(g.timezone).year else "yMMMd"
    return f"{_day(shown.date(), current_language(), skeleton)}, {shown:%H:%M:%S}"


@lru_cache(maxsize=4096)
def _day(day: date, language: str, skeleton: str = "MMMd") -> str:
    return format_skeleton(skeleton, datetime.combine(day, time()), locale=language)


def format_day(day: date) -> str:
    """A day without its year: "23 nov."."""
    return _day(day, current_language())


def format_full(moment: datetime) -> str:
    """Day, year, time and zone, for a record."""
    return format_datetime(moment, "full", tzinfo=g.timezone, locale=current_language())


def format_percent(share: float | None, digits: int = 0) -> str:
    """A share 0..1 in per cent, with the language's spacing; "–" for None."""
    if share is None:
        return "–"
    return (
        f"{_decimal(share * 100, digits)}\u202f%" if current_language() == "fr" else f"{_decimal(share * 100, digits)}%"
    )


def format_points(margin: float | None) -> str:
    """A margin 0..1 as points of 100."""
    return "–" if margin is None else _decimal(margin * 100, 1)


def format_number(value: float | None, digits: int = 2) -> str:
    """A plain number with the language's decimal sign; "–" for None."""
    return "–" if value is None else _decimal(value, digits)


def format_ms(duration_ms: float | None) -> str:
    """A duration a person can compare: milliseconds under ten seconds, else seconds."""
    if duration_ms is None:
        return "–"
    if duration_ms < 10_000:
        return f"{format_count(round(duration_ms))}\u202fms"
    return f"{_decimal(duration_ms / 1000, 1)}\u202fs"


def format_count(count: int) -> str:
    """A whole number with the language's thousands."""
    return str(count) if abs(count) < 1000 else format_decimal(count, locale=current_language())


def _decimal(value: float, digits: int) -> str:
    """A small number without needless zeros; a list has hundreds, and Babel's formats take 50 times as long."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if digits else text
    return text.replace(".", ",") if current_language() == "fr" else text


def init_app(app: Flask) -> None:
    """Give the templates `_`, `ngettext` and the formats."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=gettext,
        ngettext=lambda one, many, n: catalogue(current_language()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals.update(gettext=_said, _=_said)
    app.jinja_env.filters.update(
        moment=format_moment,
        full_moment=format_full,
        day=format_day,
        percent=format_percent,
        points=format_points,
        number=format_number,
        ms=format_ms,
        count=format_count,
    )
    app.after_request(keep_asked_language)
