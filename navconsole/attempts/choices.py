"""Facets and chips: what may be chosen, and what is, each with the address that changes it. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from navconsole.attempts import query as lines
from navconsole.attempts.forms import LABELS, NO_FILTER, AttemptQuery
from navconsole.attempts.outcomes import ORDER, VIEWS, OutcomeView
from navconsole.attempts.words import CHOICES
from navigation.records import AttemptGroup, Facet, FacetName, FacetValue

MOST_SHOWN = 12
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """`view` is the look of an outcome; `count` None was not counted."""

    value: str
    text: str
    count: int | None
    href: str
    is_chosen: bool
    view: OutcomeView | None = None


@dataclass(frozen=True, slots=True)
class FacetView:
    """`hidden` are less frequent values that are not shown; unless `is_exact`, counts are "at least"."""

    name: str
    title: str
    is_open: bool
    href: str
    choices: Sequence[Choice] = ()
    hidden: int = 0
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is set; `href` is the list without it."""

    title: str
    text: str
    href: str


def facet_view(name: FacetName, facet: Facet | None, query: AttemptQuery, translate: Translate) -> FacetView:
    """A facet with its most frequent values and those that are chosen; without values while it is shut."""
    title, is_open, href = translate(LABELS[name]), query.is_open(name), query.toggled("facet", name)
    if facet is None or not is_open:
        return FacetView(name, title, False, href)
    values = _ordered(name, facet.values)
    chosen = query.chosen(name)
    shown = [value for at, value in enumerate(values) if at < MOST_SHOWN or _key(name, value) in chosen]
    known = {_key(name, value) for value in shown}
    missing = [FacetValue(value, 0) for value in chosen if value not in known]
    choices = [_choice(name, value, query, translate) for value in [*shown, *missing]]
    return FacetView(name, title, True, href, choices, len(values) - len(shown), facet.is_exact)


def chips_of(query: AttemptQuery, group: AttemptGroup | None, translate: Translate) -> list[Chip]:
    """One for each condition, in the order of the address; the words of a search each have theirs."""
    chips = []
    for name, value in query.pairs():
        if name == "q":
            chips += [_word_chip(word, query, translate) for word in query.words]
        elif name not in NO_FILTER:
            text = _group_name(group, translate) if name == "group" and group else _text(name, value, translate)
            chips.append(Chip(translate(LABELS[name]), text, query.toggled(name, value)))
    return chips


def _choice(name: str, value: FacetValue, query: AttemptQuery, translate: Translate) -> Choice:
    key = _key(name, value)
    view = VIEWS.get(key) if name == "outcome" else None
    text = _text(name, key, translate)
    return Choice(key, text, value.count, query.toggled(name, key), key in query.chosen(name), view)


def _key(name: str, value: FacetValue) -> str:
    """What stands in the address: people by their names."""
    return value.name if name == "reviewer" and value.name else value.value


def _ordered(name: str, values: Sequence[FacetValue]) -> Sequence[FacetValue]:
    """Outcomes and labels in their own order, whatever their counts: they are known by their place."""
    own: Sequence[str] = ORDER if name == "outcome" else tuple(CHOICES["label"]) if name == "label" else ()
    return sorted((v for v in values if v.count), key=lambda v: own.index(v.value)) if own else values


def _text(name: str, value: str, translate: Translate) -> str:
    if name in CHOICES:
        return translate(CHOICES[name].get(value, value))
    if name.startswith(("score_", "margin_")):
        sign = {"<": "<", ">": ">"}.get(value[:1], "≤" if name.endswith("_max") else "≥")
        return f"{sign}\u00a0{value.lstrip('<>')}\u00a0%"
    return f"n°\u00a0{value}" if name == "config" else value


def _word_chip(word: str, query: AttemptQuery, translate: Translate) -> Chip:
    others = " ".join(lines.quoted(other) for other in query.words if other != word)
    return Chip(translate(LABELS["q"]), word, query.address(q=others))


def _group_name(group: AttemptGroup, translate: Translate) -> str:
    return f"{group.target_text} · {translate(VIEWS[group.outcome.value].name)}"
