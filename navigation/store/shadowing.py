"""Shadow mode in the database: trials begun and ended, their answers, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, func, select

from navigation.errors import ConflictError, StoreError
from navigation.records import AttemptSummary, AuditEvent
from navigation.shadow import DIFFERENCES, ShadowCounts, ShadowTrial, ShadowVerdict
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.listing import summary_of
from navigation.store.models.evidence import AttemptRow
from navigation.store.models.knowledge import ConfigRow
from navigation.store.models.lists import SummaryRow, TargetRow
from navigation.store.models.shadow import ShadowTrialRow, ShadowVerdictRow
from navigation.store.rows import record_of
from navigation.types import NormPoint


class Shadows(Part):
    def begin_shadow(
        self, config_id: int, *, author_id: str, author: str, reason: str, event: AuditEvent
    ) -> ShadowTrial:
        """Let a configuration judge beside the one in use, from the next attempt on.

        Raises ConflictError while another one does, StoreError for an unknown configuration.
        """
        now = datetime.now(UTC)
        with self._db.writing() as session:
            if session.get(ConfigRow, config_id) is None:
                raise StoreError(sentences.UNKNOWN_CONFIG)
            if session.scalar(_running()) is not None:
                raise ConflictError(sentences.OTHER_TRIAL)
            row = ShadowTrialRow(
                config_id=config_id, author_id=author_id, author=author, reason=reason, started_at=now, ended_at=None
            )
            session.add(row)
            session.flush()
            log(session, now, event)
            return record_of(ShadowTrial, row)

    def end_shadow(self, trial_id: int, *, event: AuditEvent) -> None:
        """End a trial; its answers stay. ConflictError when it has ended or there is none."""
        now = datetime.now(UTC)
        with self._db.writing() as session:
            row = session.get(ShadowTrialRow, trial_id)
            if row is None or row.ended_at is not None:
                raise ConflictError(sentences.NO_TRIAL)
            row.ended_at = now
            log(session, now, event)

    def running_shadow(self) -> ShadowTrial | None:
        with self._db.reading() as session:
            row = session.scalar(_running())
            return None if row is None else record_of(ShadowTrial, row)

    def shadows(self) -> Sequence[ShadowTrial]:
        """Every trial, newest first."""
        with self._db.reading() as session:
            rows = session.scalars(select(ShadowTrialRow).order_by(ShadowTrialRow.id.desc()))
            return [record_of(ShadowTrial, row) for row in rows]

    def add_verdict(self, trial_id: int, attempt_id: str, verdict: ShadowVerdict) -> None:
        """Keep what the trial would have answered to a stored attempt. Twice does once."""
        point = verdict.point
        with self._db.writing() as session:
            seq = session.scalar(select(AttemptRow.seq).where(AttemptRow.id == attempt_id))
            if seq is None:
                raise StoreError(sentences.UNKNOWN_ATTEMPT)
            if session.get(ShadowVerdictRow, (trial_id, seq)) is None:
                session.add(
                    ShadowVerdictRow(
                        trial_id=trial_id,
                        attempt_seq=seq,
                        difference=verdict.difference,
                        outcome=verdict.outcome,
                        score=verdict.score,
                        margin=verdict.margin,
                        point_x_norm=point.x if point else None,
                        point_y_norm=point.y if point else None,
                    )
                )

    def verdict_counts(self, trial_id: int, applications: Sequence[str] | None) -> ShadowCounts:
        """How many attempts of these applications (None: of all) the trial has judged, and how."""
        row = ShadowVerdictRow
        counted = select(row.difference, func.count()).where(row.trial_id == trial_id).group_by(row.difference)
        if applications is not None:
            counted = counted.join(SummaryRow, SummaryRow.seq == row.attempt_seq)
            counted = counted.where(SummaryRow.application.in_(applications))
        with self._db.reading() as session:
            found = {str(difference): int(count) for difference, count in session.execute(counted)}
        return ShadowCounts(sum(found.values()), {name: found[name] for name in DIFFERENCES if name in found})

    def verdicts_that_differ(
        self,
        trial_id: int,
        applications: Sequence[str] | None,
        *,
        difference: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[tuple[AttemptSummary, ShadowVerdict]]:
        """Attempts that the trial would have answered otherwise, newest first, from before the attempt numbered so."""
        row = ShadowVerdictRow
        wanted = [difference] if difference else DIFFERENCES
        chosen = (
            select(row, SummaryRow, TargetRow.text, TargetRow.kind)
            .join(SummaryRow, SummaryRow.seq == row.attempt_seq)
            .join(TargetRow, TargetRow.id == SummaryRow.target_id)
            .where(row.trial_id == trial_id, row.difference.in_(wanted))
            .order_by(row.attempt_seq.desc())
            .limit(limit)
        )
        if before is not None:
            chosen = chosen.where(row.attempt_seq < before)
        if applications is not None:
            chosen = chosen.where(SummaryRow.application.in_(applications))
        with self._db.reading() as session:
            return [
                (summary_of(line, text, kind), _verdict(found)) for found, line, text, kind in session.execute(chosen)
            ]


def _running() -> Select[ShadowTrialRow]:
    return select(ShadowTrialRow).where(ShadowTrialRow.ended_at.is_(None)).limit(1)


def _verdict(row: ShadowVerdictRow) -> ShadowVerdict:
    point = None
    if row.point_x_norm is not None and row.point_y_norm is not None:
        point = NormPoint(row.point_x_norm, row.point_y_norm)
    return record_of(ShadowVerdict, row, point=point)
