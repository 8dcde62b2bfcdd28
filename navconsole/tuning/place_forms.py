"""What may be asked of the remembered places, and said when one is changed or a policy is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField, SelectField  # type: ignore[import-untyped]
from wtforms.validators import AnyOf, DataRequired  # type: ignore[import-untyped]

from navconsole.i18n import mark as _
from navconsole.tuning.config_forms import (
    NOT_A_WINDOW,
    NOT_AN_AGE,
    NOT_AN_AGREEMENT,
    PERCENT,
    between,
    number_of,
    words,
)
from navigation.place_records import PLACE_STATES, PlaceState
from navigation.settings import CACHE_RANGES, CachePolicy

REASON_NEEDED = _("Say why in a few words; it stays with the place and in the audit log.")
CHOOSE_AN_ATTEMPT = _("Choose the attempt to learn the place from.")
NOT_A_COUNT = _("Write a whole number of attempts from 1 to 20000.")
NO_SUCH_ACT = _("Choose what is to be done with the place.")
DEFAULT_ATTEMPTS: Final = 2000
MOST_ATTEMPTS: Final = 20_000
ACTS: Final = ("pin", "unpin", "quarantine", "release", "forget")


@dataclass(frozen=True, slots=True)
class PlaceQuery:
    """What the address asks for; what it holds beside that, or wrongly, does not count. `page` is from 0."""

    application: str = ""
    screen: str = ""
    states: Sequence[PlaceState] = ()
    page: int = 0

    def address(self, path: str = "/tuning/places", **changed: Any) -> str:
        """The address of the same list with something changed; of its first page unless the page is what changes."""
        other = replace(self, **{"page": 0, **changed})
        pairs = [("application", other.application), ("screen", other.screen), *(("state", s) for s in other.states)]
        pairs += [("page", str(other.page))] if other.page else []
        kept = urlencode([(name, value) for name, value in pairs if value])
        return f"{path}?{kept}" if kept else path

    def toggled(self, state: PlaceState) -> str:
        """The address with a state chosen, or no longer chosen."""
        states = tuple(s for s in PLACE_STATES if (s in self.states) != (s == state))
        return self.address(states=states)


def parse_query(args: MultiDict[str, str]) -> PlaceQuery:
    page = args.get("page", "")
    asked = args.getlist("state")
    application = args.get("application", "")
    return PlaceQuery(
        application=application,
        screen=args.get("screen", "") if application else "",
        states=tuple(state for state in PLACE_STATES if state in asked),
        page=min(int(page), 10_000) if page.isascii() and page.isdigit() and len(page) < 6 else 0,
    )


class ActForm(FlaskForm):  # type: ignore[misc]
    """`seen` is `RememberedPlace.seen` as its author had it; `act` the button that was pressed."""

    seen = HiddenField()
    act = HiddenField(validators=[AnyOf(ACTS, NO_SUCH_ACT)])
    reason = words(REASON_NEEDED)


class RebuildForm(FlaskForm):  # type: ignore[misc]
    """`attempt` is the verified attempt whose picture the place is learned from."""

    seen = HiddenField()
    attempt = RadioField(validators=[DataRequired(CHOOSE_AN_ATTEMPT)], validate_choice=False)
    reason = words(REASON_NEEDED)


class TrialForm(FlaskForm):  # type: ignore[misc]
    """A policy to try, on the newest attempts of an application."""

    application = SelectField(validate_choice=False)
    agreement = between(CACHE_RANGES["agreement"][0] * PERCENT, PERCENT, NOT_AN_AGREEMENT)
    max_age_days = between(*CACHE_RANGES["max_age_days"], NOT_AN_AGE)
    window_px = between(*CACHE_RANGES["window_px"], NOT_A_WINDOW)
    wanted = between(1, MOST_ATTEMPTS, NOT_A_COUNT)

    def policy(self, base: CachePolicy) -> CachePolicy:
        """The policy asked for; what the form does not ask is as in `base`."""
        return CachePolicy(
            max_age_days=number_of(self.max_age_days.data),
            max_entries=base.max_entries,
            agreement=round(number_of(self.agreement.data) / PERCENT, 6),
            window_px=round(number_of(self.window_px.data)),
        )

    def attempts(self) -> int:
        return round(number_of(self.wanted.data))


def as_written(policy: CachePolicy, wanted: int, write: Any) -> dict[str, str]:
    """The trial's fields filled with a policy; `write` sets a number in the reader's language."""
    return {
        "agreement": write(policy.agreement * PERCENT),
        "max_age_days": write(policy.max_age_days),
        "window_px": write(policy.window_px),
        "wanted": str(wanted),
    }
