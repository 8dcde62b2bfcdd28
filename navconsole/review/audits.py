"""What the pages of samples and of agreement need, as plain values."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from navconsole.attempts.forms import AttemptQuery
from navconsole.auth.permissions import blind_reader
from navconsole.review.forms import SampleForm
from navigation.agreement import Agreement, agreement
from navigation.ids import new_id
from navigation.labels import Label
from navigation.records import AttemptFilter, AttemptSummary, User
from navigation.sampling import Progress, Sample
from navigation.store.protocol import Store

ANSWERS = ("right", "wrong", "unsure")
SEED_BITS = 31
MOST_DISPUTED = 100


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A sample and how far it is; `has_mine`: some case of it waits for the reader."""

    sample: Sample
    progress: Progress
    has_mine: bool

    @property
    def done(self) -> float:
        return self.progress.given / self.progress.wanted if self.progress.wanted else 1.0


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """`table[one][other]` counts; `disputed` are attempts whose answers differ and that nobody has settled."""

    found: Agreement
    table: Mapping[str, Mapping[str, int]]
    disputed: Sequence[tuple[AttemptSummary, Sequence[Label]]]


def samples_for(store: Store, user: User, now: datetime) -> list[SampleLine]:
    """The samples that a person may see, newest first."""
    return [
        SampleLine(
            sample,
            store.sample_progress(sample.id, user.applications, reader=blind_reader(user)),
            _next(store, sample.id, user, now) is not None,
        )
        for sample in store.samples()
        if may_see_sample(sample, user)
    ]


def may_see_sample(sample: Sample, user: User) -> bool:
    """Whether a sample was drawn of applications that the person may see."""
    if user.applications is None:
        return True
    of: Sequence[str] | None = sample.asked.get("applications")
    return of is not None and set(of) <= set(user.applications)


def new_sample(form: SampleForm, query: AttemptQuery, where: AttemptFilter, user: User, now: datetime) -> Sample:
    """A sample to be drawn, with a fresh seed; it keeps what was asked, as it stood in the form."""
    limits = where.applications if not where.application else [where.application]
    return Sample(
        id=new_id(),
        name=form.name,
        asked={
            "filter": query.pairs(),
            "by": form.by,
            "size": int(form.size),
            "applications": None if limits is None else list(limits),
        },
        strata=(),
        seed=secrets.randbits(SEED_BITS),
        double_share=form.double_share,
        author=user.name,
        created_at=now,
    )


def agreement_for(store: Store, user: User) -> AgreementPage:
    reader = blind_reader(user)
    pairs = store.blind_pairs(user.applications, reader=reader)
    found = agreement([(one.answer, other.answer) for one, other in pairs])
    table = {one: {other: found.table.get((one, other), 0) for other in ANSWERS} for one in ANSWERS}
    where = AttemptFilter(labels=("disputed",), applications=user.applications, reader=reader)
    disputed = [
        (row, standing)
        for row in store.list_attempts(where, limit=MOST_DISPUTED).rows
        if (standing := store.settled(row.id).standing)
    ]
    return AgreementPage(found, table, disputed)


def _next(store: Store, sample_id: str, user: User, now: datetime) -> str | None:
    return store.next_in_sample(sample_id, user_id=user.id, applications=user.applications, now=now)


def without_labels(where: AttemptFilter) -> AttemptFilter:
    """The same filter whatever people have said: a sample drawn by its labels would tell nothing about them."""
    return replace(where, labels=(), causes=(), reviewer="")
