"""What people say about attempts, and the queues that ask them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from navigation.labels import Claim, Label, Settled
from navigation.records import AttemptFilter, AuditEvent
from navigation.sampling import Progress, Sample


class LabelStore(Protocol):
    def add_labels(
        self, labels: Sequence[Label], *, seen: str | None = None, event: AuditEvent | None = None
    ) -> Sequence[Settled]:
        """Add labels of one author and the audit's `event`, all or none; what each attempt's labels come to then.

        `seen` is the newest standing label the author had on the page, for a single label. Raises ConflictError when
        somebody else has labelled meanwhile (not for "blind" ones), StoreError for an unknown attempt.
        """

    def labels_of(self, attempt_id: str) -> Sequence[Label]:
        """Every label of an attempt, oldest first, withdrawals among them."""

    def settled(self, attempt_id: str) -> Settled: ...

    def last_label_of(self, author_id: str) -> Label | None:
        """The newest label of a person that still stands."""

    def undo_last(self, *, author_id: str, author: str, now: datetime) -> Sequence[str]:
        """Take back that label, and what stands of its batch; the attempts' ids. StoreError when there is none."""


class QueueStore(Protocol):
    def claim(self, attempt_id: str, *, user_id: str, user_name: str, now: datetime, until: datetime) -> Claim:
        """Take a case for a person, who lets go of any other; whose it is then, which may be somebody else's."""

    def claim_on(self, attempt_id: str, now: datetime) -> Claim | None: ...

    def next_unlabelled(
        self, group_id: int, *, user_id: str, now: datetime, before: str | None = None, limit: int = 1
    ) -> Sequence[str]:
        """Ids of a group's newest attempts without a label that the person may see, and that nobody else has open;
        older ones than `before`."""

    def add_sample(self, sample: Sample, where: AttemptFilter, *, by: str, size: int) -> Sample:
        """Draw finished attempts at random, in strata of `by`. StoreError when the filter lets nothing through."""

    def samples(self) -> Sequence[Sample]:
        """All samples, newest first."""

    def sample(self, sample_id: str) -> Sample | None: ...

    def sample_progress(self, sample_id: str, applications: Sequence[str] | None, *, reader: str = "") -> Progress:
        """How far a sample is; what was said only of cases that the reader has not still to answer blind."""

    def next_in_sample(
        self,
        sample_id: str,
        *,
        user_id: str,
        applications: Sequence[str] | None,
        now: datetime,
        after: str | None = None,
    ) -> str | None:
        """The next case that wants this person's answer and that nobody else has open; past `after` first."""

    def due_in_samples(self, attempt_id: str, user_id: str) -> Sequence[str]:
        """Samples that still want this person's answer on the attempt."""

    def kept_from(self, reader: str, attempt_ids: Collection[str]) -> frozenset[str]:
        """Of these attempts, those on which this person has still to answer blind: others' labels are not shown."""

    def blind_pairs(self, applications: Sequence[str] | None, *, reader: str = "") -> Sequence[tuple[Label, Label]]:
        """Two people's first answers on each case that was labelled twice without sight of each other, and on which
        the reader has not still to answer."""
