"""What the address of the list may say: filters, search, order, place in the list. All of it is in the address.

A typed line (`q`) may hold conditions; they become filters like those of the facets, so that both show one state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from navconsole.attempts import query as lines
from navconsole.attempts.outcomes import RUNNING
from navconsole.attempts.words import CHOICES, reasons_saying, vocabulary
from navconsole.auth.permissions import blind_reader
from navconsole.i18n import mark as _
from navigation.ids import is_id
from navigation.records import AttemptFilter, FacetName, Order, Term, User
from navigation.types import Outcome

MAX_TEXT = 200
MAX_LINE = 1000
ENDED = frozenset(outcome.value for outcome in Outcome)
BOUNDS = ("score_min", "score_max", "margin_min", "margin_max")
DAYS = ("since", "until")
NUMBERS = ("config", "group")
SINGLE = (
    *("application", "screen", "target", "method", "reviewer", "run", *BOUNDS, *DAYS, *NUMBERS, "q"),
    *("view", "sort", "cursor"),
)
MANY = ("outcome", "label", "cause", "facet")
NO_FILTER = frozenset({"view", "sort", "cursor", "facet"})
"""Fields that say how the attempts are shown, not which."""
ORDERS: Mapping[Order, str] = {
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "score": _("Lowest score first"),
    "margin": _("Smallest margin first"),
    "duration": _("Longest first"),
}
FACETS: tuple[FacetName, ...] = (
    *("outcome", "application", "screen", "target", "label", "cause", "reviewer", "method", "config"),
)
SHUT: frozenset[str] = frozenset({"target", "cause", "reviewer", "config"})
"""Facets that are shut unless they are set or the address opens them; one that is shut is not counted."""
ERRORS = {
    "text": _("At most 200 characters."),
    "long": _("At most 1000 characters."),
    "line": _("A word of the search cannot be understood."),
    "choice": _("Not one of the choices."),
    "percent": _("A number from 0 to 100."),
    "date": _("A date, such as 2026-03-31."),
    "number": _("A whole number."),
    "person": _("Nobody here has this name."),
    "twice": _("Given more than once."),
    "order": _("The first is later or larger than the second."),
}
LABELS = {
    "q": _("Search"),
    "outcome": _("Outcome"),
    "application": _("Application"),
    "screen": _("Screen"),
    "target": _("Target"),
    "method": _("Found by"),
    "label": _("Label"),
    "cause": _("Cause"),
    "reviewer": _("Labelled by"),
    "config": _("Configuration"),
    "group": _("Group"),
    "run": _("Run"),
    "score_min": _("Score from"),
    "score_max": _("Score to"),
    "margin_min": _("Margin from"),
    "margin_max": _("Margin to"),
    "since": _("From day"),
    "until": _("To day"),
    "view": _("View"),
    "sort": _("Order"),
    "facet": _("Facets opened or shut"),
    "cursor": _("Place in the list"),
}


@dataclass(frozen=True, slots=True)
class AttemptQuery:
    """What is asked: `values` by field, `many` for fields that may have several.

    `errors` name what is wrong (field -> key of ERRORS); `problems` the words of `typed` that cannot be understood.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[lines.Problem] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        return self.many.get("outcome", ())

    @property
    def is_filtered(self) -> bool:
        return any(name not in NO_FILTER for name, _ in self.pairs())

    @property
    def is_grouped(self) -> bool:
        return self.values.get("view") == "groups"

    @property
    def order(self) -> Order:
        return cast(Order, self.values.get("sort") or "newest")

    @property
    def cursor(self) -> str | None:
        return self.values.get("cursor") or None

    @property
    def words(self) -> tuple[str, ...]:
        return lines.words_of(self.values.get("q", ""))

    @property
    def line(self) -> str:
        """The search line: as typed while a word of it is not understood, else all the filters as one line."""
        if "q" in self.errors:
            return self.values["q"]
        fields = {name: (value,) for name, value in self.values.items() if name not in self.errors}
        return lines.write_line({**fields, **self.many, "q": self.words})

    def chosen(self, name: str) -> tuple[str, ...]:
        """The values that a field has."""
        return self.many.get(name, ()) if name in MANY else tuple(v for v in [self.values.get(name)] if v)

    def is_open(self, facet: str) -> bool:
        """Whether a facet shows its values; `facet` in the address names those that are not as they are at first."""
        return (facet in SHUT) == (facet in self.many.get("facet", ())) or bool(self.chosen(facet))

    def pairs(self, *, with_cursor: bool = False) -> list[tuple[str, str]]:
        """The filters as they stand in an address, in one order."""
        several = [(name, value) for name in MANY for value in self.many.get(name, ())]
        single = [(name, self.values[name]) for name in SINGLE if self.values.get(name)]
        return several + [(name, value) for name, value in single if name != "cursor" or with_cursor]

    def address(self, path: str = "/attempts", **changes: str | None) -> str:
        """`path` with the filters, some changed; None takes one away. A changed filter starts at the first page."""
        pairs = [(k, v) for k, v in self.pairs() if k not in changes]
        return _address(path, pairs + [(k, v) for k, v in changes.items() if v])

    def toggled(self, name: str, value: str) -> str:
        """The address with a value of a field chosen or, when it is, taken away; of one value, the other goes."""
        chosen = list(self.chosen(name))
        if value in chosen:
            chosen.remove(value)
        else:
            chosen = [*(chosen if name in MANY else ()), value]
        if name == "outcome":
            chosen = [value] if value == RUNNING.key and value in chosen else [o for o in chosen if o in ENDED]
        others = [(k, v) for k, v in self.pairs() if k != name]
        return _address("/attempts", [(name, v) for v in chosen] + others)


def parse_query(args: MultiDict[str, str]) -> AttemptQuery:
    """Read the address; unknown parameters are left out, wrong values are named in `errors`."""
    values = {name: args[name].strip() for name in SINGLE if args.get(name, "").strip()}
    many = {name: tuple(dict.fromkeys(v for v in args.getlist(name) if v)) for name in MANY}
    errors = {name: "twice" for name in SINGLE if len(args.getlist(name)) > 1}
    if len(values.get("q", "")) > MAX_LINE:
        return AttemptQuery(values, _some(many), errors | {"q": "long"})
    parsed = lines.parse_line(values.pop("q", ""), vocabulary())
    if parsed.problems:
        return AttemptQuery(values | {"q": args["q"]}, _some(many), errors | {"q": "line"}, parsed.problems)
    if "q" in parsed.fields:
        values["q"] = " ".join(map(lines.quoted, parsed.fields["q"]))
    values |= {name: found[0] for name, found in parsed.fields.items() if name in SINGLE and name != "q"}
    many |= {name: tuple(dict.fromkeys((*many[name], *parsed.fields.get(name, ())))) for name in MANY}
    errors |= _errors(values, many)
    ended = tuple(o for o in many["outcome"] if o in ENDED)  # "under way" stands alone: the rest have ended
    many["outcome"] = ended or tuple(o for o in many["outcome"] if o in CHOICES["outcome"])
    return AttemptQuery(values, _some(many), errors)


def to_filter(query: AttemptQuery, *, zone: ZoneInfo, user: User, reviewer_id: str = "") -> AttemptFilter:
    """The filter for the store, of what the person may see. Days begin and end in the reader's zone; `until` is the
    day's end."""
    values, many = query.values, query.many
    since, until = _day(values.get("since", "")), _day(values.get("until", ""))
    return AttemptFilter(
        outcomes=tuple(Outcome(o) for o in query.outcomes if o != RUNNING.key),
        application=values.get("application", ""),
        screen=values.get("screen", ""),
        target=values.get("target", ""),
        method=values.get("method", ""),
        run_id=values.get("run", ""),
        terms=tuple(Term(word, reasons_saying(word)) for word in query.words),
        score_min=_bound(values.get("score_min", "")),
        score_max=_bound(values.get("score_max", "")),
        margin_min=_bound(values.get("margin_min", "")),
        margin_max=_bound(values.get("margin_max", "")),
        since=_midnight(since, zone),
        until=_midnight(until + timedelta(days=1), zone) if until else None,
        is_running=True if RUNNING.key in query.outcomes else None,
        labels=many.get("label", ()),
        causes=many.get("cause", ()),
        reviewer=reviewer_id,
        config_id=int(values["config"]) if "config" in values else None,
        group_id=int(values["group"]) if "group" in values else None,
        applications=user.applications,
        reader=blind_reader(user),
        order=query.order,
    )


def _errors(values: Mapping[str, str], many: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    errors = {name: "text" for name, value in values.items() if name != "q" and len(value) > MAX_TEXT}
    errors |= {name: "choice" for name in ("outcome", "label", "cause") if set(many[name]) - set(CHOICES[name])}
    choices = {"method": CHOICES["method"], "view": ("list", "groups"), "sort": ORDERS}
    errors |= {name: "choice" for name, known in choices.items() if name in values and values[name] not in known}
    errors |= {"facet": "choice"} if set(many["facet"]) - set(FACETS) else {}
    if "run" in values and not is_id(values["run"]):
        errors["run"] = "choice"
    errors |= {n: "percent" for n in BOUNDS if n in values and not _is_bound(n, values[n])}
    errors |= {n: "date" for n in DAYS if n in values and _day(values[n]) is None}
    errors |= {n: "number" for n in NUMBERS if n in values and not _is_number(values[n])}
    return errors | _order_errors(values)


def _order_errors(values: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    for name in ("score", "margin"):
        low, high = _bound(values.get(f"{name}_min", "")), _bound(values.get(f"{name}_max", ""))
        if low is not None and high is not None and low > high:
            errors[f"{name}_max"] = "order"
    since, until = _day(values.get("since", "")), _day(values.get("until", ""))
    if since and until and since > until:
        errors["until"] = "order"
    return errors


def _some(many: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {name: values for name, values in many.items() if values}


def _address(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _bound(text: str) -> float | None:
    """A bound in per cent (decimal point or comma) as a share 0..1; None when it is not one.

    With "<" or ">" in front the bound itself is left out: the nearest number beside it is meant.
    """
    share = lines.share_of(text.lstrip("<>") + "%")
    if share is None or text[0] not in "<>":
        return None if share is None else float(share)
    return math.nextafter(float(share), -1.0 if text[0] == "<" else 2.0)


def _is_bound(name: str, text: str) -> bool:
    is_sign_right = text[0] not in "<>" or (text[0] == "<") == name.endswith("_max")
    return is_sign_right and len(text) - len(text.lstrip("<>")) <= 1 and _bound(text) is not None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=zone) if day else None
