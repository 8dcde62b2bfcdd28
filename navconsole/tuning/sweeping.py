"""A sweep of score and margin over what is stored, from stored candidates alone: seconds for 100,000 attempts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial

from navconsole.workers import each
from navigation.store.protocol import Store
from navigation.store.searches import PackedSearch
from navigation.sweeping import Sweep, nothing_swept, sweep

_CHUNK = 2000


def sweep_store(
    store: Store,
    application: str,
    scores: Sequence[float],
    margins: Sequence[float],
    *,
    executor: Executor | None = None,
    on_done: Callable[[int], object] = lambda count: None,
) -> Sweep:
    """What each setting would have done with every attempt on an application ("" for all).

    Args:
        store: where the attempts are.
        application: its name.
        scores, margins: the grid.
        executor: of processes, where chunks are unpacked and counted; here when not given.
        on_done: told how many attempts are done after each chunk.
    """
    whole = nothing_swept(scores, margins)
    count = partial(_count, tuple(scores), tuple(margins))
    for part in each(count, _chunks(store, application), executor):
        whole = whole.plus(part)
        on_done(whole.attempts)
    return whole


def _count(scores: Sequence[float], margins: Sequence[float], chunk: Sequence[PackedSearch]) -> Sweep:
    return sweep((search.seen() for search in chunk), scores, margins)


def _chunks(store: Store, application: str) -> Iterator[Sequence[PackedSearch]]:
    after = 0
    while chunk := store.searches(application, after=after, limit=_CHUNK):
        yield chunk
        after = chunk[-1].seq
