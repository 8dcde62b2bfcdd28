"""Stored pages matched anew at another score and margin: the engine's own answer where candidates leave a doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from navconsole.whatif.answer import change_of, ground_again
from navconsole.workers import each
from navigation.store.protocol import Store
from navigation.store.searches import PackedSearch, unpacked_page

_CHUNK = 500


class _Work(NamedTuple):
    """Searches on one picture, and its readings."""

    pages: Mapping[str, bytes]
    searches: Sequence[PackedSearch]


def rematch(
    store: Store,
    application: str,
    score: float,
    margin: float,
    *,
    executor: Executor | None = None,
    on_done: Callable[[int], object] = lambda count: None,
) -> Counter[str]:
    """How many attempts on an application ("" for all) would have ended the "same", "elsewhere", "other" (pressed
    instead of refused, or the reverse), or cannot be matched since no reading is stored ("unread").

    What was found by a remembered place or a model is matched by reading like the rest, and counts as what that gives.
    Pictures are taken one by one, so that each page is unpacked once for all attempts on it.
    """
    counts: Counter[str] = Counter()
    answer = partial(_match, score, margin)
    for found in each(answer, _works(store, application), executor):
        counts.update(found)
        on_done(counts.total())
    return counts


def _works(store: Store, application: str) -> Iterator[_Work]:
    picture = ""
    while ids := store.searched_pictures(application, after=picture):
        for picture in ids:
            pages, after = store.packed_pages(picture), 0
            while chunk := store.searches(application, image_id=picture, after=after, limit=_CHUNK):
                yield _Work(pages, chunk)
                after = chunk[-1].seq


def _match(score: float, margin: float, work: _Work) -> Counter[str]:
    counts: Counter[str] = Counter()
    pages = {key: unpacked_page(payload) for key, payload in work.pages.items()}
    for search in work.searches:
        page = pages.get(search.reading) or next(reversed(pages.values()), None)
        if page is None:
            counts["unread"] += 1
            continue
        then = search.found()
        limits = replace(search.limits, score=score, margin=margin)
        counts[change_of(then, ground_again(page, search.target(), limits, seen=then.candidates))] += 1
    return counts
