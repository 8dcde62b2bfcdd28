"""Samples for the audit: drawn once at random and kept with each attempt's chance, then gone through case by case."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from navigation.errors import StoreError
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.sampling import (
    NEVER_SOUGHT,
    Progress,
    Sample,
    Stratum,
    allocate,
    double_places,
    draw,
    shuffled,
    weighted_share,
)
from navigation.store import sentences, summaries
from navigation.store.blinding import counting, due_for, due_items
from navigation.store.claiming import is_free
from navigation.store.conditions import Conditions, conditions_of
from navigation.store.connection import Part
from navigation.store.models.lists import RUNNING, GroupRow, SummaryRow
from navigation.store.models.review import LabelRow, SampleItemRow, SampleRow
from navigation.store.rows import record_of

STRATA = {"outcome": SummaryRow.outcome, "screen": SummaryRow.screen, "application": SummaryRow.application}
STREAMED = 5000


class Samples(Part):
    def add_sample(self, sample: Sample, where: AttemptFilter, *, by: str, size: int) -> Sample:
        """Draw `size` finished attempts that the filter lets through, in strata of `by` ("none" for one stratum), with
        the sample's seed and share of double labelling; the sample with its strata filled.

        Raises StoreError when the filter lets nothing through.
        """
        with self._db.reading() as session:
            found = conditions_of(session, where)
            strata = allocate({} if found.is_empty else _population(session, found, by), size)
            if not strata:
                raise StoreError(sentences.EMPTY_SAMPLE)
            drawn = list(_drawn(session, found, by, strata, sample.seed))
        rows = _items(sample, drawn)
        with self._db.writing() as session:
            return _kept(session, sample, strata, rows)

    def add_unit_sample(self, sample: Sample, *, application: str, screen: str, size: int) -> Sample:
        """Draw `size` units (targets of a screen as it is defined) that no sample has, each with the same chance, and
        one attempt at random of each; fewer where there are no more. The sample with its one stratum, of units.

        Raises StoreError when no unit is left.
        """
        with self._db.reading() as session:
            units = _units_left(session, application, screen)
            if not units or size < 1:
                raise StoreError(sentences.NO_UNIT_LEFT)
            chance = random.Random(sample.seed)
            drawn = [(unit, _one_of(session, unit, chance)) for unit in chance.sample(units, min(size, len(units)))]
        stratum = Stratum("", len(units), len(drawn))
        rows = _items(sample, [(seq, stratum) for _, seq in drawn])
        attempts = {seq: unit.attempts for unit, seq in drawn}
        for row in rows:
            row.unit_probability, row.probability = stratum.probability, stratum.probability / attempts[row.attempt_seq]
        with self._db.writing() as session:
            return _kept(session, sample, [stratum], rows)

    def samples(self) -> Sequence[Sample]:
        """All samples, newest first."""
        with self._db.reading() as session:
            return [_sample(row) for row in session.scalars(select(SampleRow).order_by(SampleRow.id.desc()))]

    def sample(self, sample_id: str) -> Sample | None:
        with self._db.reading() as session:
            row = session.get(SampleRow, sample_id)
            return _sample(row) if row else None

    def sample_progress(self, sample_id: str, applications: Sequence[str] | None, *, reader: str = "") -> Progress:
        """How far a sample is, of the attempts of these applications; what was said only of those that the reader has
        not still to answer blind."""
        with self._db.reading() as session:
            authors = _authors(session, SampleItemRow.sample_id == sample_id)
            items = session.execute(_visible(sample_id, applications)).all()
            kept = set(session.scalars(due_for(reader))) if reader else set()
        given = {item.attempt_seq: min(item.wanted, len(authors[sample_id, item.attempt_seq])) for item, _ in items}
        shown = [(item, line) for item, line in items if item.attempt_seq not in kept]
        answers = [(line.label or "", item.probability) for item, line in shown if given[item.attempt_seq]]
        return Progress(
            cases=len(items),
            wanted=sum(item.wanted for item, _ in items),
            given=sum(given.values()),
            disputed=sum(line.label == "disputed" for _, line in shown),
            right=weighted_share(answers),
        )

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
        due = due_items(user_id, LabelRow.sample_id == sample_id).where(SampleItemRow.sample_id == sample_id)
        waiting = _visible(sample_id, applications).where(is_free(user_id, now), SampleItemRow.attempt_seq.in_(due))
        place = (
            select(SampleItemRow.position)
            .join(SummaryRow, SummaryRow.seq == SampleItemRow.attempt_seq)
            .where(SampleItemRow.sample_id == sample_id, SummaryRow.id == after)
            .limit(1)
            .scalar_subquery()
        )
        later_first = case((SampleItemRow.position > func.coalesce(place, -1), 0), else_=1)
        following = (
            waiting.with_only_columns(SummaryRow.id)
            .where(SummaryRow.id != (after or ""))
            .order_by(None)
            .order_by(later_first, SampleItemRow.position)
            .limit(1)
        )
        with self._db.reading() as session:
            return session.scalar(following)

    def blind_pairs(self, applications: Sequence[str] | None, *, reader: str = "") -> Sequence[tuple[Label, Label]]:
        """Two people's first answers on each case that was labelled twice without sight of each other, and on which
        the reader has not still to answer."""
        chosen = (
            select(LabelRow, SummaryRow.id)
            .join(SummaryRow, SummaryRow.seq == LabelRow.attempt_seq)
            .where(LabelRow.sample_id.is_not(None), *counting(), *_seen_by(applications))
            .order_by(LabelRow.seq)
        )
        if reader:
            chosen = chosen.where(SummaryRow.seq.not_in(due_for(reader)))
        cases: dict[tuple[str | None, str], dict[str, Label]] = defaultdict(dict)
        with self._db.reading() as session:
            for row, attempt_id in session.execute(chosen):
                case = cases[row.sample_id, attempt_id]
                case.setdefault(row.author_id, summaries.label_of(row, attempt_id))
        return [(given[0], given[1]) for case in cases.values() if len(given := list(case.values())) > 1]


# --- drawing --------------------------------------------------------------------------------------


def _eligible(columns: Sequence[Any], found: Conditions) -> Select[Any]:
    return select(*columns).where(SummaryRow.outcome != RUNNING, *found.all)


def _population(session: Session, found: Conditions, by: str) -> dict[str, int]:
    if by not in STRATA:
        return {"": session.scalar(_eligible([func.count()], found)) or 0}
    column = STRATA[by]
    counted = session.execute(_eligible([column, func.count()], found).group_by(column))
    return {str(name): int(count) for name, count in counted}


def _drawn(
    session: Session, found: Conditions, by: str, strata: Sequence[Stratum], seed: int
) -> Iterator[tuple[int, Stratum]]:
    """The drawn attempts' numbers: a million are passed by, never held."""
    named = {stratum.name: stratum for stratum in strata}
    places = {name: set(wanted) for name, wanted in draw(strata, seed).items()}
    passed = dict.fromkeys(named, 0)
    columns = [SummaryRow.seq, STRATA[by]] if by in STRATA else [SummaryRow.seq]
    every = _eligible(columns, found).order_by(SummaryRow.seq).execution_options(yield_per=STREAMED)
    for seq, *rest in session.execute(every):
        name = str(rest[0]) if rest else ""
        if name in named:
            if passed[name] in places[name]:
                yield seq, named[name]
            passed[name] += 1


def _items(sample: Sample, drawn: Sequence[tuple[int, Stratum]]) -> list[SampleItemRow]:
    twice = double_places(len(drawn), sample.double_share, sample.seed)
    return [
        SampleItemRow(
            sample_id=sample.id,
            position=position,
            attempt_seq=drawn[number][0],
            stratum=drawn[number][1].name,
            probability=drawn[number][1].probability,
            wanted=2 if number in twice else 1,
        )
        for position, number in enumerate(shuffled(len(drawn), sample.seed))
    ]


class _Unit(NamedTuple):
    """A target of a screen as it is defined, and how many finished attempts looked for it."""

    target_id: int
    signature: str
    attempts: int


def _units_left(session: Session, application: str, screen: str) -> list[_Unit]:
    """The units that no sample has an attempt of, in one order."""
    drawn = (
        select(SampleItemRow.attempt_seq)
        .join(SummaryRow, SummaryRow.seq == SampleItemRow.attempt_seq)
        .where(SummaryRow.target_id == GroupRow.target_id, SummaryRow.signature == GroupRow.signature)
    )
    units = (
        select(GroupRow.target_id, GroupRow.signature, func.sum(GroupRow.attempts))
        .where(GroupRow.outcome.not_in([outcome.value for outcome in NEVER_SOUGHT]), ~drawn.exists())
        .group_by(GroupRow.target_id, GroupRow.signature)
        .order_by(GroupRow.target_id, GroupRow.signature)
    )
    units = units.where(GroupRow.application == application) if application else units
    units = units.where(GroupRow.screen == screen) if screen else units
    return [_Unit(*row) for row in session.execute(units)]


def _one_of(session: Session, unit: _Unit, chance: random.Random) -> int:
    """The number of one of the unit's attempts, each with the same chance."""
    sought = (SummaryRow.outcome != RUNNING, SummaryRow.outcome.not_in([outcome.value for outcome in NEVER_SOUGHT]))
    attempts = (
        select(SummaryRow.seq)
        .where(SummaryRow.target_id == unit.target_id, SummaryRow.signature == unit.signature, *sought)
        .order_by(SummaryRow.seq)
        .offset(chance.randrange(unit.attempts))
        .limit(1)
    )
    return session.execute(attempts).scalar_one()


def _kept(session: Session, sample: Sample, strata: Sequence[Stratum], items: Sequence[SampleItemRow]) -> Sample:
    values = {name: getattr(sample, name) for name in ("id", "name", "seed", "double_share", "author")}
    row = SampleRow(
        **values, asked=dict(sample.asked), strata=[asdict(s) for s in strata], created_at=sample.created_at
    )
    session.add(row)
    session.flush()
    session.add_all(items)
    return _sample(row)


# --- answers --------------------------------------------------------------------------------------


def _authors(session: Session, *items: Any) -> dict[tuple[str, int], set[str]]:
    """Who has answered in which sample on which attempt."""
    chosen = (
        select(LabelRow.sample_id, LabelRow.attempt_seq, LabelRow.author_id)
        .join(
            SampleItemRow,
            (SampleItemRow.sample_id == LabelRow.sample_id) & (SampleItemRow.attempt_seq == LabelRow.attempt_seq),
        )
        .where(*items, *counting())
    )
    authors: dict[tuple[str, int], set[str]] = defaultdict(set)
    for sample_id, seq, author_id in session.execute(chosen):
        authors[str(sample_id), seq].add(author_id)
    return authors


def _visible(sample_id: str, applications: Sequence[str] | None) -> Select[*tuple[Any, ...]]:
    return (
        select(SampleItemRow, SummaryRow)
        .join(SummaryRow, SummaryRow.seq == SampleItemRow.attempt_seq)
        .where(SampleItemRow.sample_id == sample_id, *_seen_by(applications))
        .order_by(SampleItemRow.position)
    )


def _seen_by(applications: Sequence[str] | None) -> tuple[Any, ...]:
    return () if applications is None else (SummaryRow.application.in_(applications),)


def _sample(row: SampleRow) -> Sample:
    return record_of(Sample, row, strata=tuple(Stratum(**stratum) for stratum in row.strata))
