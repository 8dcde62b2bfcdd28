"""What the templates of the list need, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from navconsole.attempts.choices import Chip, FacetView, chips_of, facet_view
from navconsole.attempts.forms import FACETS, AttemptQuery
from navconsole.attempts.outcomes import METHOD_NAMES, ORDER, VIEWS, OutcomeView, outcome_view
from navconsole.attempts.words import LABEL_NAMES
from navigation.records import AttemptFilter, AttemptGroup, AttemptSummary, Facet
from navigation.store.protocol import AttemptStore

PAGE_SIZE = 50
NEWS_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `is_pressed` says that the middle of its thumbnail is where it was (or would have been) pressed."""

    id: str
    href: str
    is_pressed: bool
    outcome: OutcomeView
    target: str
    kind: str
    screen: str
    application: str
    method: str
    score: float | None
    margin: float | None
    label: str
    label_name: str
    started_at: datetime
    duration_ms: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """One outcome's part of the bar: `x` and `width` in per cent of it."""

    view: OutcomeView
    count: int
    href: str
    is_chosen: bool
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """A column's order: `href` sorts by it, or turns it round; `direction` is "" unless the list is in its order."""

    href: str
    direction: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What a list and its groups have in common. Unless `is_exact`, there are more than `total`.

    `is_empty_installation`: nothing was ever recorded that this person may see.
    """

    query: AttemptQuery
    shares: Sequence[Share]
    total: int
    is_exact: bool
    facets: Sequence[FacetView]
    chips: Sequence[Chip]
    news_href: str
    is_empty_installation: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """`newest` is the place in storing of the first row of the newest first; 0 without one."""

    rows: Sequence[Row]
    newest: int
    next_href: str | None
    previous_href: str | None
    columns: dict[str, Column]


def build_overview(
    store: AttemptStore,
    query: AttemptQuery,
    where: AttemptFilter,
    translate: Callable[[str], str],
    listing: Listing | None = None,
) -> Overview:
    """Counts and facets; each facet counts what the other filters let through. `listing` is what the page shows."""
    facets = store.facets(where, [name for name in FACETS if name == "outcome" or query.is_open(name)])
    outcomes = facets["outcome"]
    shares = outcome_shares(outcomes, query)
    group = _group(store, where)
    return Overview(
        query=query,
        shares=shares,
        total=sum(s.count for s in shares if s.is_chosen) if query.outcomes else outcomes.total,
        is_exact=outcomes.is_exact,
        facets=[facet_view(name, facets.get(name), query, translate) for name in FACETS],
        chips=chips_of(query, group, translate),
        news_href="" if query.cursor else query.address("/attempts/news", after=str(_newest(store, where, listing))),
        is_empty_installation=not query.is_filtered and not query.cursor and outcomes.total == 0,
    )


def build_listing(store: AttemptStore, query: AttemptQuery, where: AttemptFilter) -> Listing:
    """One page of the list. ValueError for a cursor that no page gave."""
    page = store.list_attempts(where, cursor=query.cursor, limit=PAGE_SIZE)
    asked = query.address("")
    return Listing(
        rows=[row_of(item, asked) for item in page.rows],
        newest=page.rows[0].seq if page.rows else 0,
        next_href=query.address(cursor=page.next_cursor) if page.next_cursor else None,
        previous_href=query.address(cursor=page.previous_cursor) if page.previous_cursor else None,
        columns={name: _column(name, query) for name in ("score", "margin", "duration", "newest")},
    )


def count_news(store: AttemptStore, where: AttemptFilter, after_seq: int) -> int:
    """How many attempts came after `after_seq`, counted up to `NEWS_LIMIT`."""
    page = store.list_attempts(replace(where, order="newest"), limit=NEWS_LIMIT)
    return sum(1 for item in page.rows if item.seq > after_seq)


def row_of(item: AttemptSummary, asked: str) -> Row:
    """A row of the list whose address ends in `asked`."""
    return Row(
        id=item.id,
        href=f"/attempts/{item.id}{asked}",
        is_pressed=item.point_x_norm is not None,
        outcome=outcome_view(item.outcome),
        target=item.target_text,
        kind=item.target_kind,
        screen=item.screen,
        application=item.application,
        method=METHOD_NAMES.get(item.method or "", ""),
        score=item.score,
        margin=item.margin,
        label=item.label or "",
        label_name=LABEL_NAMES[item.label] if item.label else "",
        started_at=item.started_at,
        duration_ms=item.duration_ms,
    )


def outcome_shares(outcomes: Facet, query: AttemptQuery) -> list[Share]:
    """The bar's parts in the order of the outcomes; chosen outcomes stay listed at zero."""
    counts = {value.value: value.count for value in outcomes.values}
    shown = [(key, counts.get(key, 0)) for key in ORDER if key in counts or key in query.outcomes]
    whole = sum(count for _, count in shown) or 1
    parts, x = [], 0.0
    for key, count in shown:
        width = 100 * count / whole
        is_chosen = key in query.outcomes
        parts.append(Share(VIEWS[key], count, query.toggled("outcome", key), is_chosen, round(x, 3), round(width, 3)))
        x += width
    return parts


def _group(store: AttemptStore, where: AttemptFilter) -> AttemptGroup | None:
    """The group that is asked for, unless it is of an application that this person may not see."""
    group = store.group(where.group_id, reader=where.reader) if where.group_id is not None else None
    is_hidden = group is not None and where.applications is not None and group.application not in where.applications
    return None if is_hidden else group


def _newest(store: AttemptStore, where: AttemptFilter, listing: Listing | None) -> int:
    """The place in storing of the newest attempt that the filter lets through; 0 without one."""
    if listing is not None and where.order == "newest":
        return listing.newest
    rows = store.list_attempts(replace(where, order="newest"), limit=1).rows
    return rows[0].seq if rows else 0


def _column(name: str, query: AttemptQuery) -> Column:
    if name == "newest":
        direction = {"newest": "descending", "oldest": "ascending"}.get(query.order, "")
        return Column(query.address(sort="oldest" if query.order == "newest" else None), direction)
    is_chosen = query.order == name
    direction = ("descending" if name == "duration" else "ascending") if is_chosen else ""
    return Column(query.address(sort=None if is_chosen else name), direction)
