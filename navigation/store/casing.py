"""Cases: chosen from labelled attempts, gathered in sets, and what later runs of them came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from navigation.case_records import CaseCheck, CaseExport, CaseFilter, CaseSet, StoredCase
from navigation.errors import ConflictError, StoreError
from navigation.records import AuditEvent
from navigation.store import sentences
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.models.cases import CaseCheckRow, CaseExportRow, CaseRow, CaseSetItemRow, CaseSetRow
from navigation.store.models.evidence import AttemptRow
from navigation.store.rows import record_of, values_of


class Cases(Part):
    def put_case(self, case: StoredCase, *, event: AuditEvent | None = None) -> StoredCase:
        """Keep a case; the attempt's own, if it has one, is made anew under its id. Returns what is kept.

        Raises StoreError when the attempt or the label is not stored.
        """
        with self._db.writing() as session:
            seq = session.scalar(select(AttemptRow.seq).where(AttemptRow.id == case.attempt_id))
            if seq is None:
                raise StoreError(sentences.UNKNOWN_ATTEMPT)
            values = values_of(case) | {"attempt_seq": seq}
            del values["attempt_id"]
            row = session.scalar(select(CaseRow).where(CaseRow.attempt_seq == seq))
            if row is None:
                row = CaseRow(**values)
                session.add(row)
            else:
                for name in ("body", "label_id", "author_id", "author", "created_at", "state", "is_outdated"):
                    setattr(row, name, values[name])
                row.body = _with_id(case.body, case.id, row.id)
            if event is not None:
                log(session, case.created_at, event)
            session.flush()
            return _case_of(row, case.attempt_id)

    def remove_case(self, case_id: str) -> bool:
        """Take a case back, from its sets too; False when there is none. The attempt and its labels stay."""
        with self._db.writing() as session:
            seq = session.scalar(select(CaseRow.seq).where(CaseRow.id == case_id))
            if seq is None:
                return False
            session.execute(delete(CaseSetItemRow).where(CaseSetItemRow.case_seq == seq))
            session.execute(delete(CaseCheckRow).where(CaseCheckRow.case_seq == seq))
            session.execute(delete(CaseRow).where(CaseRow.seq == seq))
            return True

    def close_case(self, case_id: str) -> bool:
        """Somebody has looked at what had re-opened a case; False when it was not re-opened."""
        with self._db.writing() as session:
            row = session.scalar(select(CaseRow).where(CaseRow.id == case_id, CaseRow.state == "reopened"))
            if row is None:
                return False
            row.state = "new"
            return True

    def case(self, case_id: str) -> StoredCase | None:
        return self._one(CaseRow.id == case_id)

    def case_of_attempt(self, attempt_id: str) -> StoredCase | None:
        return self._one(AttemptRow.id == attempt_id)

    def cases(self, where: CaseFilter, *, after: str | None = None, limit: int = 100) -> Sequence[StoredCase]:
        """Cases that fit, re-opened ones first, then the newest; those that follow the case `after`."""
        rank = _RANK
        chosen = _chosen(where).order_by(rank, CaseRow.seq.desc()).limit(limit)
        with self._db.reading() as session:
            if after is not None:
                at = session.execute(select(rank, CaseRow.seq).where(CaseRow.id == after)).one_or_none()
                if at is not None:
                    chosen = chosen.where((rank > at[0]) | ((rank == at[0]) & (CaseRow.seq < at[1])))
            return [_case_of(row, attempt_id) for row, attempt_id in session.execute(chosen)]

    def count_cases(self, where: CaseFilter) -> dict[str, int]:
        """How many cases fit, by state; "outdated" counts those whose label does not stand any more."""
        chosen = _chosen(where).with_only_columns(
            CaseRow.state, func.count(), func.sum(CaseRow.is_outdated), maintain_column_froms=True
        )
        counted = {"new": 0, "green": 0, "reopened": 0, "outdated": 0}
        with self._db.reading() as session:
            for state, count, outdated in session.execute(chosen.group_by(CaseRow.state)):
                counted[state] = count
                counted["outdated"] += int(outdated or 0)
        return counted

    def case_bodies(self, where: CaseFilter) -> Sequence[tuple[str, str]]:
        """(id, body) of every case that fits and whose label stands, by id."""
        chosen = _chosen(where).with_only_columns(CaseRow.id, CaseRow.body, maintain_column_froms=True)
        with self._db.reading() as session:
            rows = session.execute(chosen.where(CaseRow.is_outdated.is_(False)).order_by(CaseRow.id))
            return [(case_id, body) for case_id, body in rows]

    def outdated_cases(self, where: CaseFilter) -> Sequence[str]:
        """Ids of the cases that fit and whose label does not stand any more."""
        chosen = _chosen(where).with_only_columns(CaseRow.id, maintain_column_froms=True)
        with self._db.reading() as session:
            return list(session.scalars(chosen.where(CaseRow.is_outdated).order_by(CaseRow.id)))

    def _one(self, *where: Any) -> StoredCase | None:
        chosen = select(CaseRow, AttemptRow.id).join(AttemptRow, AttemptRow.seq == CaseRow.attempt_seq).where(*where)
        with self._db.reading() as session:
            found = session.execute(chosen).one_or_none()
            return None if found is None else _case_of(*found)


class CaseSets(Part):
    def add_case_set(self, named: CaseSet) -> CaseSet:
        """Keep a set; the stored one where there is one of this name."""
        with self._db.writing() as session:
            row = session.scalar(select(CaseSetRow).where(CaseSetRow.name == named.name))
            if row is None:
                values = values_of(named)
                del values["cases"]
                row = CaseSetRow(**values)
                session.add(row)
            return record_of(CaseSet, row, cases=0)

    def case_sets(self, applications: Sequence[str] | None) -> Sequence[CaseSet]:
        """All sets by name, with how many cases of these applications (None: of all) each has."""
        counted = (
            select(CaseSetItemRow.set_id, func.count().label("cases"))
            .join(CaseRow, CaseRow.seq == CaseSetItemRow.case_seq)
            .where(*_seen_by(applications))
            .group_by(CaseSetItemRow.set_id)
            .subquery()
        )
        chosen = (
            select(CaseSetRow, func.coalesce(counted.c.cases, 0))
            .outerjoin(counted, counted.c.set_id == CaseSetRow.id)
            .order_by(CaseSetRow.name)
        )
        with self._db.reading() as session:
            return [record_of(CaseSet, row, cases=count) for row, count in session.execute(chosen)]

    def put_in_set(self, set_id: str, case_ids: Iterable[str]) -> int:
        """Add cases to a set; how many were not in it. StoreError when there is no such set or case."""
        with self._db.writing() as session:
            if session.get(CaseSetRow, set_id) is None:
                raise StoreError(sentences.NO_CASE_SET)
            added = 0
            for case_id in case_ids:
                seq = session.scalar(select(CaseRow.seq).where(CaseRow.id == case_id))
                if seq is None:
                    raise StoreError(sentences.NO_CASE)
                if session.get(CaseSetItemRow, (set_id, seq)) is None:
                    session.add(CaseSetItemRow(set_id=set_id, case_seq=seq))
                    added += 1
            return added

    def take_out_of_set(self, set_id: str, case_id: str) -> bool:
        with self._db.writing() as session:
            seq = session.scalar(select(CaseRow.seq).where(CaseRow.id == case_id))
            row = session.get(CaseSetItemRow, (set_id, seq)) if seq is not None else None
            if row is None:
                return False
            session.delete(row)
            return True

    def delete_case_set(self, set_id: str) -> bool:
        """Forget a name; the cases stay."""
        with self._db.writing() as session:
            row = session.get(CaseSetRow, set_id)
            if row is None:
                return False
            session.execute(delete(CaseSetItemRow).where(CaseSetItemRow.set_id == set_id))
            session.delete(row)
            return True


class CaseChecks(Part):
    def add_checks(self, checks: Sequence[CaseCheck], *, event: AuditEvent | None = None) -> Sequence[str]:
        """Note what a run came to, once; the ids of the cases that it re-opened. Unknown cases are passed over.

        An older run than the last noted one changes no state.
        """
        reopened = []
        with self._db.writing() as session:
            for check in checks:
                row = session.scalar(select(CaseRow).where(CaseRow.id == check.case_id))
                if row is None or _is_noted(session, row.seq, check):
                    continue
                values = values_of(check)
                del values["case_id"]
                session.add(CaseCheckRow(case_seq=row.seq, **values))
                if row.checked_at is None or check.checked_at >= row.checked_at:
                    reopened += _follow(row, check)
            if event is not None and checks:
                log(session, checks[0].checked_at, event)
        return reopened

    def checks_of(self, case_id: str, *, limit: int = 50) -> Sequence[CaseCheck]:
        """What runs came to for a case, newest first."""
        chosen = (
            select(CaseCheckRow)
            .join(CaseRow, CaseRow.seq == CaseCheckRow.case_seq)
            .where(CaseRow.id == case_id)
            .order_by(CaseCheckRow.checked_at.desc(), CaseCheckRow.id.desc())
            .limit(limit)
        )
        with self._db.reading() as session:
            return [record_of(CaseCheck, row, case_id=case_id) for row in session.scalars(chosen)]


class CaseExports(Part):
    def add_export(self, export: CaseExport, *, event: AuditEvent) -> None:
        """Keep that an export was asked for, with the audit's event."""
        with self._db.writing() as session:
            session.add(CaseExportRow(**_export_values(export)))
            log(session, export.created_at, event)

    def change_export(self, export: CaseExport, *, was: str) -> None:
        """Bring an export to where it is now. ConflictError when it is not in the state `was` any more."""
        with self._db.writing() as session:
            row = session.get(CaseExportRow, export.id)
            if row is None or row.state != was:
                raise ConflictError(sentences.EXPORT_CHANGED)
            for name, value in _export_values(export).items():
                setattr(row, name, value)

    def export(self, export_id: str) -> CaseExport | None:
        with self._db.reading() as session:
            row = session.get(CaseExportRow, export_id)
            return None if row is None else record_of(CaseExport, row)

    def exports(self, *, states: Sequence[str] = (), limit: int = 100) -> Sequence[CaseExport]:
        """Exports, newest first; of these states where any are named."""
        newest = select(CaseExportRow).order_by(CaseExportRow.created_at.desc(), CaseExportRow.id.desc()).limit(limit)
        if states:
            newest = newest.where(CaseExportRow.state.in_(states))
        with self._db.reading() as session:
            return [record_of(CaseExport, row) for row in session.scalars(newest)]


def mark_outdated(session: Session, attempt_seq: int, standing: Sequence[str], *, is_disputed: bool) -> None:
    """Keep a case in step with the labels of its attempt."""
    row = session.scalar(select(CaseRow).where(CaseRow.attempt_seq == attempt_seq))
    if row is not None and row.label_id is not None:
        row.is_outdated = is_disputed or row.label_id not in standing


_RANK = case((CaseRow.state == "reopened", 0), else_=1)


def _chosen(where: CaseFilter) -> Any:
    joined = select(CaseRow, AttemptRow.id).join(AttemptRow, AttemptRow.seq == CaseRow.attempt_seq)
    chosen: Any = joined.where(*_seen_by(where.applications))
    if where.state == "outdated":
        chosen = chosen.where(CaseRow.is_outdated)
    elif where.state:
        chosen = chosen.where(CaseRow.state == where.state)
    if where.application:
        chosen = chosen.where(CaseRow.application == where.application)
    if where.set_id:
        items = select(CaseSetItemRow.case_seq).where(CaseSetItemRow.set_id == where.set_id)
        chosen = chosen.where(CaseRow.seq.in_(items))
    if where.ids is not None:
        chosen = chosen.where(CaseRow.id.in_(list(where.ids)))
    return chosen


def _seen_by(applications: Sequence[str] | None) -> tuple[Any, ...]:
    return () if applications is None else (CaseRow.application.in_(applications),)


def _case_of(row: CaseRow, attempt_id: str) -> StoredCase:
    return record_of(StoredCase, row, attempt_id=attempt_id)


def _with_id(body: str, new: str, kept: str) -> str:
    return body.replace(f'"id":"{new}"', f'"id":"{kept}"', 1)


def _is_noted(session: Session, seq: int, check: CaseCheck) -> bool:
    same = (
        CaseCheckRow.case_seq == seq,
        CaseCheckRow.checked_at == check.checked_at,
        CaseCheckRow.reading == check.reading,
    )
    return session.scalar(select(CaseCheckRow.id).where(*same).limit(1)) is not None


def _follow(row: CaseRow, check: CaseCheck) -> list[str]:
    """Bring a case to what its newest run came to; its id when that re-opened it."""
    row.checked_at, row.said, row.picture_id = check.checked_at, check.outcome, check.picture_id
    was, row.state = row.state, "green" if check.is_right else "reopened"
    return [row.id] if row.state == "reopened" and was != "reopened" else []


def _export_values(export: CaseExport) -> dict[str, Any]:
    return values_of(export) | {"left": [dict(one) for one in export.left], "asked": dict(export.asked)}
