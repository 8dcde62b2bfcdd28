"""What a filter means as conditions on the list's lines. Values are always bound, wildcards always escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from navigation.labels import SETTLED
from navigation.records import UNLABELLED, AttemptFilter, Term
from navigation.store import connection, sqlite
from navigation.store.blinding import Kept, due_for, kept_back
from navigation.store.folding import folded
from navigation.store.models.lists import RUNNING, SummaryRow, TargetRow
from navigation.store.models.review import LabelRow
from navigation.types import Outcome

MAX_NOTED = 10_000  # newest notes that hold a text; far under SQLite's 32,766 values of one statement

Choices = dict[Any, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """`choices` are columns with the values they may have; `plain` must hold besides.

    `either` are choices of which one is enough, a group for each term; empty: nothing can match.
    `kept` are sequences of the attempts of which the reader sees no label; None when there are none.
    """

    choices: Choices = field(default_factory=dict)
    plain: list[ColumnElement[bool]] = field(default_factory=list)
    either: list[Choices] = field(default_factory=list)
    kept: Kept | None = None

    @property
    def is_empty(self) -> bool:
        return any(not values for values in self.choices.values())

    @property
    def all(self) -> list[ColumnElement[bool]]:
        """Every condition, for a question whose answer has no order."""
        chosen = [among(column, values) for column, values in self.choices.items()]
        return [*chosen, *self.plain, *map(one_of, self.either)]


def conditions_of(session: Session, where: AttemptFilter) -> Conditions:
    """The conditions of a filter. Texts are looked up among the distinct targets and the notes, which are few.

    What was found is kept with a session that reads: it looks at data that does not change.
    """
    known: list[tuple[AttemptFilter, Conditions]] = session.info.get(connection.FOUND, [])
    asked = replace(where, order="newest")
    for before, found in known:
        if before == asked:
            return found
    found = _found(session, asked)
    known.append((asked, found))
    return found


def _found(session: Session, where: AttemptFilter) -> Conditions:
    kept = kept_back(session, where.reader)
    found = Conditions(choices=_choices(where), plain=[*_ranges(where), *_said(where, kept)], kept=kept)
    if where.target:
        narrow(found.choices, SummaryRow.target_id, _ids(session, where))
    for term in where.terms:
        places = _places(session, where, term, kept)
        if len(places) > 1:
            found.either.append(places)
        for column, values in places.items() if len(places) == 1 else ():
            narrow(found.choices, column, values)
    return found


def is_shown(kept: Kept | None, seq: Any = SummaryRow.seq) -> list[ColumnElement[bool]]:
    """That the labels of an attempt are not kept from the reader."""
    return [] if kept is None else [seq.not_in(kept)]


def narrow(choices: Choices, column: Any, values: Sequence[Any]) -> None:
    """Allow `column` no other than these values, and of them those that were allowed before."""
    known = choices.get(column)
    allowed = set(values)
    choices[column] = values if known is None else [value for value in known if value in allowed]


def one_of(places: Choices) -> ColumnElement[bool]:
    return or_(*(among(column, values) for column, values in places.items()))


def among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """That the column has one of the values; many numbers of rows go as one value."""
    return sqlite.is_listed(column, values) if column is SummaryRow.seq else column.in_(values)


def outcomes_of(where: AttemptFilter) -> list[str] | None:
    """The outcomes a filter lets through ("running" among them), or None for any."""
    asked = [Outcome(outcome).value for outcome in where.outcomes]
    if where.is_running is None:
        return asked or None
    if where.is_running:
        # Under way and ended with an outcome exclude each other.
        return [RUNNING] if not asked else []
    return asked or [outcome.value for outcome in Outcome]


def applications_of(where: AttemptFilter) -> list[str] | None:
    """The applications that the filter asks for and the person may see, or None for any."""
    if where.applications is None:
        return [where.application] if where.application else None
    return [name for name in dict.fromkeys(where.applications) if where.application in ("", name)]


def target_conditions(where: AttemptFilter) -> list[ColumnElement[bool]]:
    """Those conditions of a filter that are about the target, on the table of distinct targets."""
    conditions: list[ColumnElement[bool]] = []
    applications = applications_of(where)
    if applications is not None:
        conditions.append(TargetRow.application.in_(applications))
    if where.screen:
        conditions.append(TargetRow.screen == where.screen)
    if where.target:
        conditions.append(TargetRow.folded == folded(where.target))
    return conditions


def _places(session: Session, where: AttemptFilter, term: Term, kept: Kept | None) -> Choices:
    """Where a term is found: targets, codes of reasons, attempts by their notes. Only targets when nowhere."""
    text = folded(term.text)
    noted = (
        select(LabelRow.attempt_seq)
        .where(LabelRow.folded_note.contains(text, autoescape=True), *own_or_shown(where.reader, kept))
        .order_by(LabelRow.seq.desc())
        .limit(MAX_NOTED)
    )
    targets = _ids(session, where, TargetRow.folded.contains(text, autoescape=True))
    places: Choices = {
        SummaryRow.target_id: targets,
        SummaryRow.reason: list(term.reasons),
        SummaryRow.seq: list(set(session.scalars(noted))),
    }
    return {column: values for column, values in places.items() if values} or {SummaryRow.target_id: []}


def _ids(session: Session, where: AttemptFilter, *conditions: ColumnElement[bool]) -> list[int]:
    """Ids of the distinct targets that satisfy `conditions` and what else the filter says of targets."""
    return list(session.scalars(select(TargetRow.id).where(*conditions, *target_conditions(where))))


def _choices(where: AttemptFilter) -> Choices:
    choices: Choices = {}
    if (outcomes := outcomes_of(where)) is not None:
        choices[SummaryRow.outcome] = outcomes
    if (applications := applications_of(where)) is not None:
        choices[SummaryRow.application] = applications
    if where.screen:
        choices[SummaryRow.screen] = [where.screen]
    if where.method:
        choices[SummaryRow.method] = [where.method]
    if where.run_id:
        choices[SummaryRow.run_id] = [where.run_id]
    if where.config_id is not None:
        choices[SummaryRow.config_id] = [where.config_id]
    if where.group_id is not None:
        choices[SummaryRow.group_id] = [where.group_id]
    if where.labels and UNLABELLED not in where.labels:
        choices[SummaryRow.label] = where.labels
    elif where.causes:  # a cause comes with a label, and the labelled are few
        choices[SummaryRow.label] = list(SETTLED)
    return choices


def _said(where: AttemptFilter, kept: Kept | None) -> list[ColumnElement[bool]]:
    """What a filter says of labels, where an attempt whose labels are kept from the reader has none."""
    said: list[ColumnElement[bool]] = []
    shown = is_shown(kept)
    if UNLABELLED in where.labels:
        named = [label for label in where.labels if label != UNLABELLED]
        unsaid = [SummaryRow.label.is_(None), *([] if kept is None else [SummaryRow.seq.in_(kept)])]
        said.append(or_(*unsaid, *([SummaryRow.label.in_(named)] if named else [])))
    elif where.labels:
        said += shown
    if where.causes:
        said += [SummaryRow.cause.in_(where.causes), *shown]
    if where.reviewer:
        labelled = select(LabelRow.attempt_seq).where(LabelRow.author_id == where.reviewer)
        said += [SummaryRow.seq.in_(labelled), *(shown if where.reviewer != where.reader else [])]
    if where.is_due is not None:
        due = SummaryRow.seq.in_(due_for(where.reader))
        said.append(due if where.is_due else ~due)
    return said


def own_or_shown(reader: str, kept: Kept | None) -> list[ColumnElement[bool]]:
    """That a label is the reader's own, or not kept from them."""
    return [or_(LabelRow.author_id == reader, *is_shown(kept, LabelRow.attempt_seq))] if kept is not None else []


def _ranges(where: AttemptFilter) -> list[ColumnElement[bool]]:
    ranges: list[ColumnElement[bool]] = []
    if where.score_min is not None:
        ranges.append(SummaryRow.score >= where.score_min)
    if where.score_max is not None:
        ranges.append(SummaryRow.score <= where.score_max)
    if where.margin_min is not None:
        ranges.append(SummaryRow.margin >= where.margin_min)
    if where.margin_max is not None:
        ranges.append(SummaryRow.margin <= where.margin_max)
    if where.since is not None:
        ranges.append(SummaryRow.started_at >= where.since)
    if where.until is not None:
        ranges.append(SummaryRow.started_at < where.until)
    return ranges
