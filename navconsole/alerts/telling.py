"""A message as its recipient reads it: title and text in the language of the setting; as JSON for programs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from navconsole.i18n import catalogue
from navconsole.i18n import mark as _
from navigation.alerts import MOST_DETAILS, Message, What


@dataclass(frozen=True, slots=True)
class Wording:
    """Of one kind of event: its title for one and for many, what it means, what to do, the page for it, and what its
    details are."""

    one: str
    many: str
    meaning: str
    advice: str
    path: str
    details: str


BY = _("By: %(details)s")
SCREENS = _("Screens: %(details)s")
WORDS: Mapping[What, Wording] = {
    "stopped": Wording(
        _("Robots stopped: %(where)s"),
        _("Robots stopped %(num)s times: %(where)s"),
        _("Somebody stopped these robots. They press nothing until they are let go."),
        _("Read why on the page of stops. Let them go there when it is safe."),
        "/stop",
        BY,
    ),
    "released": Wording(
        _("Robots let go: %(where)s"),
        _("Robots let go %(num)s times: %(where)s"),
        _("Somebody let these robots go. They press again where the checks allow it."),
        _("Nothing needs to be done. Who did it, and why, stands on the page of stops."),
        "/stop",
        BY,
    ),
    "needs_human": Wording(
        _("A run waits for a person: %(where)s"),
        _("%(num)s runs wait for a person: %(where)s"),
        _("A robot came to something that only a person may do, and presses nothing more in that run."),
        _("Open the inbox, take the run over, and do what its screen asks for."),
        "/inbox",
        SCREENS,
    ),
    "gone": Wording(
        _("An expected text is not found any more: %(where)s"),
        _("%(num)s expected texts are not found any more: %(where)s"),
        _("A screen changed, most likely by an update: robots refuse to work on it."),
        _("Look on the dashboard since when, then correct the screen in the application's profile."),
        "/dashboard",
        SCREENS,
    ),
    "rarer": Wording(
        _("An expected text is found less often: %(where)s"),
        _("%(num)s expected texts are found less often: %(where)s"),
        _("A screen looks different at times: robots refuse more often there."),
        _("Look on the dashboard since when, then look at the refused attempts of that screen."),
        "/dashboard",
        SCREENS,
    ),
    "weaker": Wording(
        _("An expected text is read less well: %(where)s"),
        _("%(num)s expected texts are read less well: %(where)s"),
        _("A screen is drawn differently, by another font, size or colour. Robots still work, with more doubt."),
        _("Look on the dashboard since when, before it gets worse."),
        "/dashboard",
        SCREENS,
    ),
    "certificate_ended": Wording(
        _("A certificate holds no more: %(where)s"),
        _("%(num)s certificates hold no more: %(where)s"),
        _("What was certified was promised for other circumstances than those of now; the promise is void."),
        _("Read on the page of tuning what has changed, then certify anew."),
        "/tuning",
        SCREENS,
    ),
    "test": Wording(
        _("Test message"),
        _("Test message"),
        _("Somebody asked for this test. Alerts reach you here."),
        _("Nothing needs to be done."),
        "/admin/alerts",
        SCREENS,
    ),
}
EVERYWHERE = _("every application")
NOTE = _("You get this because NAVCONSOLE_ALERTS, a setting of navconsole, names your address. Nobody reads answers.")


@dataclass(frozen=True, slots=True)
class Told:
    """`details` is their line, or empty; `note` says below a letter why somebody gets it."""

    title: str
    text: str
    url: str
    details: str = ""
    note: str = ""


def tell(message: Message, *, language: str, zone: ZoneInfo, base_url: str) -> Told:
    """The message in words. `base_url` is where people reach the console."""
    say = catalogue(language).gettext
    words = WORDS[message.what]
    where = message.application or say(EVERYWHERE)
    title = say(words.one if message.count == 1 else words.many) % {"num": message.count, "where": where}
    details = say(words.details) % {"details": _listed(message)} if message.details else ""
    url = base_url + words.path
    facts = "\n".join(filter(None, (_when(message, language, zone), details)))
    text = "\n\n".join((say(words.meaning), say(words.advice), facts, url))
    return Told(title, text, url, details, say(NOTE))


def as_json(message: Message, told: Told, language: str) -> dict[str, Any]:
    """What a webhook is sent. `id` is the same at every try."""
    return {
        "id": message.id,
        "kind": message.kind,
        "what": message.what,
        "application": message.application,
        "count": message.count,
        "details": list(message.details),
        "first_at": message.first_at.isoformat(),
        "last_at": message.last_at.isoformat(),
        "language": language,
        "title": told.title,
        "text": told.text,
        "url": told.url,
    }


def _listed(message: Message) -> str:
    is_all = len(message.details) < MOST_DETAILS or message.count <= MOST_DETAILS
    return ", ".join(message.details) + ("" if is_all else " …")


def _when(message: Message, language: str, zone: ZoneInfo) -> str:
    """With the zone's name: who reads it may be elsewhere."""
    say = catalogue(language).gettext
    first, last = (
        format_datetime(at, "medium", tzinfo=zone, locale=language) for at in (message.first_at, message.last_at)
    )
    if first == last:
        moment = say(_("When: %(first)s")) % {"first": first}
    else:
        moment = say(_("When: from %(first)s to %(last)s")) % {"first": first, "last": last}
    return f"{moment} ({zone.key})"
