"""Which case comes next: in the list one came from, in the triage, in a sample, among the disputed ones.

The queue stands in the address of each case, with the list's filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from navconsole.attempts.forms import AttemptQuery
from navigation.ids import is_id
from navigation.records import AttemptFilter, AttemptGroup, User
from navigation.store.protocol import Store
from navigation.triage import Ranked, rank
from navigation.types import Outcome

Kind = Literal["list", "triage", "disputed", "sample"]
HOMES: Mapping[Kind, str] = {
    "triage": "/review/triage",
    "disputed": "/review/agreement",
    "sample": "/review/audit",
}
FAILURES = tuple(outcome for outcome in Outcome if outcome is not Outcome.OK)


@dataclass(frozen=True, slots=True)
class Queue:
    """`sample_id` is that of a sample; `query` are the list's filters, which the triage keeps to as well."""

    kind: Kind = "list"
    sample_id: str = ""
    query: AttemptQuery = field(default_factory=AttemptQuery)

    @property
    def mark(self) -> str | None:
        """What stands for it in an address."""
        return {"list": None, "sample": self.sample_id}.get(self.kind, self.kind)

    def address(self, path: str, **more: str | None) -> str:
        return self.query.address(path, queue=self.mark, **more)

    def case(self, attempt_id: str) -> str:
        """The address of a case in this queue."""
        return self.address(f"/attempts/{attempt_id}")

    @property
    def home(self) -> str:
        """Where one is when the queue has nothing more."""
        return self.query.address(HOMES.get(self.kind, "/attempts"))


def queue_of(mark: str, query: AttemptQuery) -> Queue:
    """The queue that an address names; the list for anything unknown."""
    if mark in ("triage", "disputed"):
        return Queue(mark, query=query)  # type: ignore[arg-type]
    return Queue("sample", mark, query) if is_id(mark) else Queue(query=query)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for the next case, and when; `where` is the filter of the address with the person's rights."""

    user: User
    now: datetime
    where: AttemptFilter


def next_case(store: Store, queue: Queue, asker: Asker, after: str) -> str | None:
    """The id of the case to show after `after`; None at the queue's end."""
    if queue.kind == "triage":
        return _next_in_triage(store, asker, after)
    if queue.kind == "sample":
        return store.next_in_sample(
            queue.sample_id,
            user_id=asker.user.id,
            applications=asker.user.applications,
            now=asker.now,
            after=after,
        )
    where = replace(asker.where, labels=("disputed",)) if queue.kind == "disputed" else asker.where
    return store.following(after, where)


def first_in_triage(store: Store, asker: Asker, group_id: int | None = None) -> str | None:
    """The worst case that nobody else has open, of one group when it is named."""
    ranked = worst_first(store, asker)
    return _first_of(store, [item for item in ranked if group_id in (None, item.group.id)], asker)


def worst_first(store: Store, asker: Asker) -> list[Ranked]:
    """Groups of failures, worst first; those without a case left among them.

    Asked for apart from what succeeded, which says how often a target fails and is more than the store gives at once.
    """
    parts = (FAILURES, (Outcome.OK,))
    groups = [store.groups(replace(asker.where, outcomes=part, is_running=None)) for part in parts]
    ranked = rank([*groups[0], *groups[1]], asker.now)
    asked = {Outcome(outcome) for outcome in asker.where.outcomes}
    return [item for item in ranked if not asked or item.group.outcome in asked]


def place_of(store: Store, group: AttemptGroup, asker: Asker) -> Ranked | None:
    """The place of one group in the queue; None when it is no failure."""
    same = AttemptFilter(
        application=group.application, screen=group.screen, target=group.target_text, reader=asker.where.reader
    )
    return next((item for item in rank(store.groups(same), asker.now) if item.group.id == group.id), None)


def _next_in_triage(store: Store, asker: Asker, after: str) -> str | None:
    """Older cases of the same group, then the groups that follow it."""
    group = store.group_of(after, reader=asker.where.reader)
    if group is not None:
        older = store.next_unlabelled(group.id, user_id=asker.user.id, now=asker.now, before=after)
        if older:
            return older[0]
    ranked = worst_first(store, asker)
    at = next((place for place, item in enumerate(ranked) if group and item.group.id == group.id), -1)
    return _first_of(store, ranked[at + 1 :], asker)


def _first_of(store: Store, ranked: list[Ranked], asker: Asker) -> str | None:
    for item in ranked:
        if item.unlabelled:
            free = store.next_unlabelled(item.group.id, user_id=asker.user.id, now=asker.now)
            if free:
                return free[0]
    return None
