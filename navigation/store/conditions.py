"""What a filter means as conditions on the list's lines. Values are always bound, wildcards always escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from navigation.records import UNLABELLED, AttemptFilter
from navigation.store.folding import folded
from navigation.store.models.lists import RUNNING, SummaryRow, TargetRow
from navigation.store.models.review import LabelRow
from navigation.types import Outcome


@dataclass(frozen=True, slots=True)
class Conditions:
    """`choices` are columns with the values they may have; `plain` must hold besides; empty: nothing can match."""

    choices: list[tuple[Any, Sequence[Any]]] = field(default_factory=list)
    plain: list[ColumnElement[bool]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return any(not values for _, values in self.choices)


def conditions_of(session: Session, where: AttemptFilter) -> Conditions:
    """The conditions of a filter. A text is looked up among the distinct targets, which are few."""
    return Conditions(choices=_choices(session, where), plain=_ranges(where))


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
    if text := folded(where.text):
        conditions.append(TargetRow.folded.contains(text, autoescape=True))
    return conditions


def _choices(session: Session, where: AttemptFilter) -> list[tuple[Any, Sequence[Any]]]:
    choices: list[tuple[Any, Sequence[Any]]] = []
    if (outcomes := outcomes_of(where)) is not None:
        choices.append((SummaryRow.outcome, outcomes))
    if (applications := applications_of(where)) is not None:
        choices.append((SummaryRow.application, applications))
    if where.screen:
        choices.append((SummaryRow.screen, [where.screen]))
    if where.method:
        choices.append((SummaryRow.method, [where.method]))
    if where.run_id:
        choices.append((SummaryRow.run_id, [where.run_id]))
    if where.config_id is not None:
        choices.append((SummaryRow.config_id, [where.config_id]))
    if where.group_id is not None:
        choices.append((SummaryRow.group_id, [where.group_id]))
    if folded(where.text):
        ids = session.scalars(select(TargetRow.id).where(*target_conditions(where)))
        choices.append((SummaryRow.target_id, list(ids)))
    return choices


def _ranges(where: AttemptFilter) -> list[ColumnElement[bool]]:
    ranges: list[ColumnElement[bool]] = []
    if where.labels:
        ranges.append(_labelled(where.labels))
    if where.causes:
        ranges.append(SummaryRow.cause.in_(where.causes))
    if where.reviewer:
        ranges.append(SummaryRow.seq.in_(select(LabelRow.attempt_seq).where(LabelRow.author_id == where.reviewer)))
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


def _labelled(labels: Sequence[str]) -> ColumnElement[bool]:
    said = SummaryRow.label.in_([label for label in labels if label != UNLABELLED])
    return or_(said, SummaryRow.label.is_(None)) if UNLABELLED in labels else said
