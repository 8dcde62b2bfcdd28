"""What the address of the list may say: filters, search, place in the list. All of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from navconsole.attempts.outcomes import METHOD_NAMES, RUNNING, VIEWS
from navconsole.i18n import mark as _
from navigation.ids import is_id
from navigation.records import AttemptFilter
from navigation.types import Outcome

MAX_TEXT = 200
ENDED = frozenset(outcome.value for outcome in Outcome)
SINGLE = ("q", "application", "screen", "method", "run", "score_min", "score_max", "since", "until", "cursor")
ERRORS = {
    "text": _("At most 200 characters."),
    "choice": _("Not one of the choices."),
    "percent": _("A number from 0 to 100."),
    "date": _("A date, such as 2026-03-31."),
    "twice": _("Given more than once."),
    "order": _("The first is later or larger than the second."),
}
LABELS = {
    "q": _("Search in the targets"),
    "outcome": _("Outcome"),
    "application": _("Application"),
    "screen": _("Screen"),
    "method": _("Found by"),
    "run": _("Run"),
    "score_min": _("Score from"),
    "score_max": _("Score to"),
    "since": _("From day"),
    "until": _("To day"),
    "cursor": _("Place in the list"),
}


@dataclass(frozen=True, slots=True)
class AttemptQuery:
    """The filters as typed (`values`, `outcomes`) and what is wrong with them (`errors`: field -> key of ERRORS)."""

    values: Mapping[str, str] = field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        return bool(self.outcomes or any(v for k, v in self.values.items() if k != "cursor"))

    @property
    def cursor(self) -> str | None:
        return self.values.get("cursor") or None

    def pairs(self, *, with_cursor: bool = False) -> list[tuple[str, str]]:
        """The filters as they stand in an address, in one order."""
        kept = [(k, self.values[k]) for k in SINGLE if self.values.get(k) and (k != "cursor" or with_cursor)]
        return [*(("outcome", o) for o in self.outcomes), *kept]

    def address(self, path: str = "/attempts", **changes: str | None) -> str:
        """`path` with the filters, some changed; None takes one away. A changed filter starts at the first page."""
        pairs = [(k, v) for k, v in self.pairs() if k not in changes]
        pairs += [(k, v) for k, v in changes.items() if v]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def with_outcome_toggled(self, outcome: str) -> str:
        """The address with `outcome` added or taken away."""
        chosen = [o for o in self.outcomes if o != outcome] if outcome in self.outcomes else [*self.outcomes, outcome]
        chosen = [outcome] if outcome == RUNNING.key and outcome in chosen else [o for o in chosen if o in ENDED]
        pairs = [("outcome", o) for o in chosen] + [(k, v) for k, v in self.pairs() if k != "outcome"]
        return f"/attempts?{urlencode(pairs)}" if pairs else "/attempts"


def parse_query(args: MultiDict[str, str]) -> AttemptQuery:
    """Read the address; unknown parameters are left out, wrong values are named in `errors`."""
    values = {name: args[name].strip() for name in SINGLE if args.get(name, "").strip()}
    outcomes = tuple(dict.fromkeys(o for o in args.getlist("outcome") if o))
    errors = {name: "twice" for name in SINGLE if len(args.getlist(name)) > 1}
    errors |= {name: "text" for name, value in values.items() if name != "cursor" and len(value) > MAX_TEXT}
    if any(o not in VIEWS for o in outcomes):
        errors["outcome"] = "choice"
    if values.get("method", next(iter(METHOD_NAMES))) not in METHOD_NAMES:
        errors["method"] = "choice"
    if "run" in values and not is_id(values["run"]):
        errors["run"] = "choice"
    errors |= {n: "percent" for n in ("score_min", "score_max") if n in values and _share(values[n]) is None}
    errors |= {n: "date" for n in ("since", "until") if n in values and _day(values[n]) is None}
    ended = tuple(o for o in outcomes if o in ENDED)  # "under way" stands alone: the rest have ended
    return AttemptQuery(values, ended or tuple(o for o in outcomes if o in VIEWS), errors | _order_errors(values))


def to_filter(query: AttemptQuery, *, zone: ZoneInfo, applications: Sequence[str] | None) -> AttemptFilter:
    """The filter for the store. Days begin and end in the reader's zone; `until` is the day's end."""
    values = query.values
    since, until = _day(values.get("since", "")), _day(values.get("until", ""))
    outcomes = tuple(Outcome(o) for o in query.outcomes if o != RUNNING.key)
    return AttemptFilter(
        outcomes=outcomes,
        application=values.get("application", ""),
        screen=values.get("screen", ""),
        method=values.get("method", ""),
        run_id=values.get("run", ""),
        text=values.get("q", ""),
        score_min=_share(values.get("score_min", "")),
        score_max=_share(values.get("score_max", "")),
        since=_midnight(since, zone),
        until=_midnight(until + timedelta(days=1), zone) if until else None,
        is_running=True if RUNNING.key in query.outcomes else None,
        applications=applications,
    )


def _order_errors(values: Mapping[str, str]) -> dict[str, str]:
    low, high = _share(values.get("score_min", "")), _share(values.get("score_max", ""))
    since, until = _day(values.get("since", "")), _day(values.get("until", ""))
    errors = {}
    if low is not None and high is not None and low > high:
        errors["score_max"] = "order"
    if since and until and since > until:
        errors["until"] = "order"
    return errors


def _share(text: str) -> float | None:
    """Per cent as typed (decimal point or comma) as a share 0..1; None when it is not one."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value / 100 if 0 <= value <= 100 else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=zone) if day else None
