"""What the templates of the list need, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from navconsole.attempts.forms import AttemptQuery
from navconsole.attempts.outcomes import METHOD_NAMES, ORDER, VIEWS, OutcomeView, outcome_view
from navigation.records import AttemptCounts, AttemptFilter, AttemptSummary
from navigation.store.protocol import AttemptStore

PAGE_SIZE = 50
NEWS_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `dot` is where it was (or would have been) pressed, as fractions of the picture."""

    id: str
    href: str
    thumb: str
    dot: tuple[float, float] | None
    outcome: OutcomeView
    target: str
    kind: str
    screen: str
    application: str
    method: str
    score: float | None
    margin: float | None
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
class Listing:
    """`is_empty_installation`: nothing was ever recorded that this person may see."""

    query: AttemptQuery
    rows: Sequence[Row]
    shares: Sequence[Share]
    total: int
    facets: Mapping[str, Sequence[str]]
    next_href: str | None
    previous_href: str | None
    newest_seq: int
    news_href: str
    is_empty_installation: bool


def build_listing(store: AttemptStore, query: AttemptQuery, where: AttemptFilter) -> Listing:
    """One page of the list with its counts; the bar counts all outcomes that the other filters let through."""
    page = store.list_attempts(where, cursor=query.cursor, limit=PAGE_SIZE)
    counts = store.count_attempts(without_outcomes(where))
    shares = outcome_shares(counts, query)
    newest = page.rows[0].seq if page.rows and not query.cursor else 0
    return Listing(
        query=query,
        rows=[row_of(item, query) for item in page.rows],
        shares=shares,
        total=sum(s.count for s in shares if s.is_chosen) if query.outcomes else counts.total,
        facets=store.facet_values(AttemptFilter(applications=where.applications)),
        next_href=query.address(cursor=page.next_cursor) if page.next_cursor else None,
        previous_href=query.address(cursor=page.previous_cursor) if page.previous_cursor else None,
        newest_seq=newest,
        news_href=query.address("/attempts/news", after=str(newest)) if not query.cursor else "",
        is_empty_installation=not query.is_filtered and not query.cursor and counts.total == 0,
    )


def count_news(store: AttemptStore, where: AttemptFilter, after_seq: int) -> int:
    """How many attempts came after `after_seq`, counted up to `NEWS_LIMIT`."""
    page = store.list_attempts(where, limit=NEWS_LIMIT)
    return sum(1 for item in page.rows if item.seq > after_seq)


def without_outcomes(where: AttemptFilter) -> AttemptFilter:
    """The same filter for every outcome, running or not."""
    return replace(where, outcomes=(), is_running=None)


def row_of(item: AttemptSummary, query: AttemptQuery) -> Row:
    has_dot = item.point_x_norm is not None and item.point_y_norm is not None
    return Row(
        id=item.id,
        href=query.address(f"/attempts/{item.id}"),
        thumb=f"/attempts/{item.id}/thumb",
        dot=(round(item.point_x_norm or 0, 4), round(item.point_y_norm or 0, 4)) if has_dot else None,
        outcome=outcome_view(item.outcome),
        target=item.target_text,
        kind=item.target_kind,
        screen=item.screen,
        application=item.application,
        method=METHOD_NAMES.get(item.method or "", ""),
        score=item.score,
        margin=item.margin,
        started_at=item.started_at,
        duration_ms=item.duration_ms,
    )


def outcome_shares(counts: AttemptCounts, query: AttemptQuery) -> list[Share]:
    """The bar's parts in the order of the outcomes; chosen outcomes stay listed at zero."""
    shown = [(key, counts.by_outcome.get(key, 0)) for key in ORDER]
    shown = [(key, count) for key, count in shown if count or key in query.outcomes]
    whole = sum(count for _, count in shown) or 1
    parts, x = [], 0.0
    for key, count in shown:
        width = 100 * count / whole
        is_chosen = key in query.outcomes
        parts.append(Share(VIEWS[key], count, query.with_outcome_toggled(key), is_chosen, round(x, 3), round(width, 3)))
        x += width
    return parts
