"""What stands around an attempt on its page: the film strip of its run, and earlier attempts at the same target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from navconsole.attempts.forms import AttemptQuery
from navconsole.attempts.outcomes import OutcomeView, outcome_view
from navigation.records import AttemptDetail, AttemptSummary
from navigation.store.protocol import AttemptStore


@dataclass(frozen=True, slots=True)
class Frame:
    """One attempt as a small picture."""

    href: str
    thumb: str
    outcome: OutcomeView
    target: str
    started_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Around:
    """`strip` is the attempt's run, cut to its surroundings; of `earlier`, the first is the last good one if any.

    `compared` is the earlier attempt beside it now, and `alone_href` the page without it.
    """

    strip: Sequence[Frame]
    previous_href: str | None
    next_href: str | None
    film_href: str
    run_href: str
    earlier: Sequence[Frame]
    compared: Frame | None
    alone_href: str


def build_around(
    store: AttemptStore, attempt: AttemptDetail, query: AttemptQuery, compare: AttemptDetail | None
) -> Around:
    here = attempt.start.id
    strip = [
        _frame(line, query.address(f"/attempts/{line.id}"), here)
        for line in store.run_around(attempt.start.run_id, attempt.seq)
    ]
    at = next((place for place, frame in enumerate(strip) if frame.is_current), 0)
    beside = compare.start.id if compare else ""
    alone_href = query.address(f"/attempts/{here}")
    return Around(
        strip=strip,
        previous_href=strip[at - 1].href if at else None,
        next_href=strip[at + 1].href if at + 1 < len(strip) else None,
        film_href=f"/runs/{attempt.start.run_id}?with={here}#{here}",
        run_href=AttemptQuery({"run": attempt.start.run_id}).address(),
        earlier=[
            _frame(line, query.address(f"/attempts/{here}", compare=line.id), beside)
            for line in store.earlier(attempt.seq)
        ],
        compared=_compared(compare, alone_href) if compare else None,
        alone_href=alone_href,
    )


def _frame(line: AttemptSummary, href: str, current: str) -> Frame:
    thumb = f"/attempts/{line.id}/screen"
    return Frame(href, thumb, outcome_view(line.outcome), line.target_text, line.started_at, line.id == current)


def _compared(attempt: AttemptDetail, href: str) -> Frame:
    start = attempt.start
    outcome = outcome_view(attempt.finish.outcome if attempt.finish else None)
    return Frame(href, f"/attempts/{start.id}/screen", outcome, start.target_text, start.started_at, True)
