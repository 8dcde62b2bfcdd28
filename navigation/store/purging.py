"""What goes for good: rows first, in small transactions that others write between, then the files.

A purge is written down before anything goes, so that one that was cut off is ended later and a restored backup is
purged again. Lists and counts are brought along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, delete, exists, func, insert, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from navigation.retention import Cutoffs, Purge, Scope
from navigation.store import sqlite
from navigation.store.chaining import old_entries, trim
from navigation.store.connection import Part
from navigation.store.models.accounts import OneTimeLinkRow, WebSessionRow
from navigation.store.models.cases import CaseCheckRow, CaseRow, CaseSetItemRow
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow, PageRow, RunRow, ScreenshotRow
from navigation.store.models.knowledge import CacheEntryRow, PlaceChangeRow, PolicyTrialRow, VlmReplyRow
from navigation.store.models.oversight import RunStepRow, SignoffRow
from navigation.store.models.replays import ReplayItemRow, ReplayResultRow
from navigation.store.models.retention import DoomedPictureRow, PurgeRow
from navigation.store.models.review import ClaimRow, LabelRow, SampleItemRow
from navigation.store.models.shadow import ShadowVerdictRow
from navigation.store.models.workflows import AnsweredRow, LeaseRow, ToldRow, WorkflowRunRow
from navigation.store.protocol.pictures import BlobStore
from navigation.store.rows import record_of, values_of
from navigation.store.uncounting import uncount

BATCH = 100
ENTRIES = 50
"""So many entries of the audit log go for one attempt: they are small, and each time leaves an entry."""
UNUSED_FOR = timedelta(days=1)
"""A picture without an attempt is left alone for so long: its attempt may be about to be stored."""

Gone = Mapping[str, int]


class Purging(Part):
    _blobs: BlobStore

    def begin_purge(self, purge: Purge) -> None:
        """Write down that a purge begins. Twice does once."""
        with self._db.writing() as session:
            if session.get(PurgeRow, purge.id) is None:
                session.add(PurgeRow(**values_of(purge) | {"asked": dict(purge.asked)}))

    def end_purge(self, purge_id: str, gone: Gone, now: datetime) -> None:
        """Write down what went; what an earlier, cut off, try of it had noted is added to."""
        with self._db.writing() as session:
            row = session.get_one(PurgeRow, purge_id)
            row.ended_at, row.gone = now, dict(Counter(row.gone or {}) + Counter(gone))

    def purges(self) -> Sequence[Purge]:
        """Every purge, oldest first."""
        with self._db.reading() as session:
            rows = session.scalars(select(PurgeRow).order_by(PurgeRow.begun_at, PurgeRow.id))
            return [record_of(Purge, row) for row in rows]

    def covered(self, asked: Scope | Cutoffs) -> Gone:
        """What a purge would take, counted; nothing goes. Pictures are those of the attempts, shared or not."""
        with self._db.reading() as session:
            seqs = _attempts(asked).subquery()
            of_them = select(seqs.c.seq)
            counts = {
                "attempts": session.scalar(select(func.count()).select_from(seqs)),
                "labels": session.scalar(_count(LabelRow, LabelRow.attempt_seq.in_(of_them))),
                "cases": session.scalar(_count(CaseRow, CaseRow.attempt_seq.in_(of_them))),
            }
            if isinstance(asked, Cutoffs):
                counts["pictures"] = session.scalar(select(func.count()).select_from(_stale_pictures(asked).subquery()))
                counts["readings"] = session.scalar(select(func.count()).select_from(_stale_readings(asked).subquery()))
                old = old_entries(asked.audit).subquery()
                counts["audit_events"] = session.scalar(select(func.count()).select_from(old))
            else:
                before = select(AttemptRow.before_id).where(AttemptRow.seq.in_(of_them))
                after = select(FinishRow.after_id).where(FinishRow.attempt_seq.in_(of_them))
                shown = before.union(after.where(FinishRow.after_id.is_not(None))).subquery()
                counts["pictures"] = session.scalar(select(func.count()).select_from(shown))
            return {kind: count for kind, count in counts.items() if count}

    def covered_attempts(self, asked: Scope | Cutoffs, *, limit: int = 10_000) -> Sequence[str]:
        """Ids of the attempts that a purge would take, oldest first."""
        with self._db.reading() as session:
            chosen = select(AttemptRow.id).where(AttemptRow.seq.in_(_attempts(asked))).order_by(AttemptRow.seq)
            return list(session.scalars(chosen.limit(limit)))

    def purge_some(self, asked: Scope | Cutoffs, now: datetime, *, limit: int = BATCH) -> Gone:
        """Take the next rows that a purge covers, in one transaction; what went. Empty when there are none left.

        Files of pictures are noted to be removed, see `remove_doomed`.
        """
        with self._db.writing() as session:
            for purge in (_purge_attempts, _purge_bare_runs, _purge_by_age, _purge_places, _purge_unused_pictures):
                gone = {kind: count for kind, count in purge(session, asked, now, limit).items() if count}
                if gone:
                    return gone
            return {}

    def remove_doomed(self, limit: int = BATCH) -> int:
        """Remove the files of pictures whose rows a purge took; how many were looked at (0: all are done).

        Under the write lock: a picture that was received again meanwhile has its row back, and keeps its files.
        """
        with self._db.reading() as session:
            image_ids = list(session.scalars(select(DoomedPictureRow.image_id).limit(limit)))
        if image_ids:
            with self._db.writing() as session:
                self._discard_unowned(session, image_ids)
                session.execute(delete(DoomedPictureRow).where(DoomedPictureRow.image_id.in_(image_ids)))
        return len(image_ids)

    def remove_unowned(self, before: datetime) -> int:
        """Remove files that no row owns and that are older: what an upload or a purge that was cut off left behind."""
        removed = 0
        for image_ids in _batches(self._blobs.ids_before(before), BATCH):
            with self._db.reading() as session:
                owned = len(list(session.scalars(_owned(image_ids))))
            if owned < len(image_ids):
                with self._db.writing() as session:
                    removed += self._discard_unowned(session, image_ids)
        return removed

    def _discard_unowned(self, session: Session, image_ids: Sequence[str]) -> int:
        unowned = set(image_ids) - set(session.scalars(_owned(image_ids)))
        for image_id in sorted(unowned):
            self._blobs.discard(image_id)
        return len(unowned)

    def empty_log(self) -> bool:
        """Bring the write-ahead log into the database and empty it; False when somebody was reading or writing."""
        with self._db.alone() as connection:
            return sqlite.truncate_log(connection)

    def give_room_back(self) -> None:
        """Write the database anew without its free pages. Nobody writes meanwhile: seconds for each gigabyte."""
        with self._db.alone() as connection:
            sqlite.vacuum(connection)


def _owned(image_ids: Sequence[str]) -> Select[Any]:
    return select(ScreenshotRow.id).where(ScreenshotRow.id.in_(image_ids), ScreenshotRow.purged_at.is_(None))


def _batches(values: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(values)
    while batch := list(islice(left, size)):
        yield batch


# --- attempts -------------------------------------------------------------------------------------


def _attempts(asked: Scope | Cutoffs) -> Select[Any]:
    """The numbers of the attempts that a purge covers."""
    has_case = exists().where(CaseRow.attempt_seq == AttemptRow.seq)
    if isinstance(asked, Cutoffs):
        is_signed = exists().where(SignoffRow.run_id == AttemptRow.run_id)
        return select(AttemptRow.seq).where(AttemptRow.started_at < asked.attempts, ~has_case, ~is_signed)
    chosen = select(AttemptRow.seq)
    if named := _named_by(asked):
        chosen = chosen.join(RunRow, RunRow.id == AttemptRow.run_id).where(*named)
    if asked.application:
        chosen = chosen.where(AttemptRow.application == asked.application)
    if asked.since is not None:
        chosen = chosen.where(AttemptRow.started_at >= asked.since)
    if asked.until is not None:
        chosen = chosen.where(AttemptRow.started_at < asked.until)
    return chosen.where(~has_case) if asked.keeps_cases else chosen


@dataclass
class _Taken:
    """What hangs on the attempts that go."""

    seqs: list[int]
    runs: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)


def _purge_attempts(session: Session, asked: Scope | Cutoffs, _now: datetime, limit: int) -> dict[str, int]:
    seqs = list(session.scalars(_attempts(asked).order_by(AttemptRow.seq).limit(limit)))
    if not seqs:
        return {}
    taken = _Taken(seqs)
    for run_id, before_id in session.execute(
        select(AttemptRow.run_id, AttemptRow.before_id).where(AttemptRow.seq.in_(seqs))
    ):
        taken.runs.add(run_id)
        taken.pictures.add(before_id)
    after = select(FinishRow.after_id).where(FinishRow.attempt_seq.in_(seqs), FinishRow.after_id.is_not(None))
    taken.pictures |= {found for found in session.scalars(after) if found}
    gone = {"attempts": len(seqs)}
    gone["cases"] = _delete_cases(session, taken)
    uncount(session, seqs)
    for table in (ClaimRow, SampleItemRow, RunStepRow, ShadowVerdictRow, ReplayItemRow, ReplayResultRow):
        _delete(session, table, table.attempt_seq.in_(seqs))
    gone["readings"] = _delete(session, VlmReplyRow, VlmReplyRow.attempt_seq.in_(seqs))
    gone["labels"] = _delete(session, LabelRow, LabelRow.attempt_seq.in_(seqs))
    for steps in (DecisionRow, FinishRow):
        _delete(session, steps, steps.attempt_seq.in_(seqs))
    _delete(session, AttemptRow, AttemptRow.seq.in_(seqs))
    gone |= _delete_runs(session, taken, with_signoffs=_takes_signoffs(asked))
    free = _unreferenced(session, taken.pictures)
    gone["readings"] += _delete_pictures(session, free)
    return gone | {"pictures": len(free), "shared": len(taken.pictures) - len(free)}


def _delete_cases(session: Session, taken: _Taken) -> int:
    cases = select(CaseRow.seq).where(CaseRow.attempt_seq.in_(taken.seqs))
    for column, of_case in ((CaseRow.picture_id, CaseRow.seq), (CaseCheckRow.picture_id, CaseCheckRow.case_seq)):
        shown = select(column).where(of_case.in_(cases), column.is_not(None))
        taken.pictures |= {found for found in session.scalars(shown) if found}
    _delete(session, CaseSetItemRow, CaseSetItemRow.case_seq.in_(cases))
    _delete(session, CaseCheckRow, CaseCheckRow.case_seq.in_(cases))
    return _delete(session, CaseRow, CaseRow.attempt_seq.in_(taken.seqs))


def _takes_signoffs(asked: Scope | Cutoffs) -> bool:
    return isinstance(asked, Scope) and bool(asked.patient)


def _purge_bare_runs(session: Session, asked: Scope | Cutoffs, _now: datetime, limit: int) -> dict[str, int]:
    """Runs that never came to an attempt: their workflow only looked, or was broken off."""
    bare = select(RunRow.id).where(*_of_run(asked), ~_is_used(), ~exists().where(SignoffRow.run_id == RunRow.id))
    taken = _Taken([], runs=set(session.scalars(bare.order_by(RunRow.id).limit(limit))))
    gone = _delete_runs(session, taken, with_signoffs=_takes_signoffs(asked))
    free = _unreferenced(session, taken.pictures)
    return gone | {"readings": _delete_pictures(session, free), "pictures": len(free)}


def _of_run(asked: Scope | Cutoffs) -> list[ColumnElement[bool]]:
    if isinstance(asked, Cutoffs):
        return [RunRow.created_at < asked.attempts]
    chosen: list[ColumnElement[bool]] = [*_named_by(asked)]
    if asked.application:
        chosen.append(RunRow.application == asked.application)
    if asked.since is not None:
        chosen.append(RunRow.created_at >= asked.since)
    if asked.until is not None:
        chosen.append(RunRow.created_at < asked.until)
    return chosen


def _named_by(asked: Scope) -> list[ColumnElement[bool]]:
    """What a request says of the run: whose, and by which robot."""
    keys = type_coerce(RunRow.patient_keys, Text)  # compact JSON; the hash is hexadecimal digits
    named: list[ColumnElement[bool]] = []
    if asked.patient:
        named.append(keys.contains(f'"ipp":"{asked.patient}"', autoescape=True))
    if asked.agent:
        named.append(RunRow.agent == asked.agent)
    return named


def _is_used() -> ColumnElement[bool]:
    return exists().where(AttemptRow.run_id == RunRow.id)


def _delete_runs(session: Session, taken: _Taken, *, with_signoffs: bool) -> dict[str, int]:
    """Runs of which no attempt is left, unless a sign-off names them and is to stay."""
    empty = set(session.scalars(select(RunRow.id).where(RunRow.id.in_(taken.runs), ~_is_used())))
    signed = SignoffRow.run_id.in_(empty)
    signoffs = 0
    if with_signoffs:
        signoffs = _delete(session, SignoffRow, signed)
    else:
        empty -= set(session.scalars(select(SignoffRow.run_id).where(signed)))
    answered = select(AnsweredRow.image_id).where(AnsweredRow.run_id.in_(empty), AnsweredRow.image_id.is_not(None))
    taken.pictures |= {found for found in session.scalars(answered) if found}
    for table in (RunStepRow, OneTimeLinkRow, WebSessionRow, LeaseRow, AnsweredRow, ToldRow, WorkflowRunRow):
        _delete(session, table, table.run_id.in_(empty))
    return {"runs": _delete(session, RunRow, RunRow.id.in_(empty)), "signoffs": signoffs}


# --- pictures and what was read on them -----------------------------------------------------------


def _is_referred_to() -> ColumnElement[bool]:
    return or_(
        exists().where(AttemptRow.before_id == ScreenshotRow.id),
        exists().where(FinishRow.after_id == ScreenshotRow.id),
        exists().where(CaseRow.picture_id == ScreenshotRow.id),
        exists().where(CaseCheckRow.picture_id == ScreenshotRow.id),
        exists().where(AnsweredRow.image_id == ScreenshotRow.id),
    )


def _unreferenced(session: Session, image_ids: Iterable[str]) -> list[str]:
    return list(session.scalars(select(ScreenshotRow.id).where(ScreenshotRow.id.in_(image_ids), ~_is_referred_to())))


def _delete_pictures(session: Session, image_ids: Sequence[str]) -> int:
    """The rows of pictures that nothing refers to, with their readings; their files are doomed. Readings that went."""
    readings = sum(_delete(session, table, table.image_id.in_(image_ids)) for table in (PageRow, VlmReplyRow))
    _delete(session, ScreenshotRow, ScreenshotRow.id.in_(image_ids))
    _doom(session, image_ids)
    return readings


def _doom(session: Session, image_ids: Iterable[str]) -> None:
    known = set(session.scalars(select(DoomedPictureRow.image_id).where(DoomedPictureRow.image_id.in_(image_ids))))
    rows = [{"image_id": image_id} for image_id in image_ids if image_id not in known]
    if rows:
        session.execute(insert(DoomedPictureRow), rows)


def _is_in_use(image_id: Any, since: datetime) -> ColumnElement[bool]:
    """Whether an attempt since then shows the picture, or one that is kept whatever its age."""
    counts = or_(
        AttemptRow.started_at >= since,
        exists().where(CaseRow.attempt_seq == AttemptRow.seq),
        exists().where(SignoffRow.run_id == AttemptRow.run_id),
    )
    return or_(
        exists().where(AttemptRow.before_id == image_id, counts),
        exists().where(FinishRow.after_id == image_id, FinishRow.attempt_seq == AttemptRow.seq, counts),
        exists().where(CaseRow.picture_id == image_id),
        exists().where(CaseCheckRow.picture_id == image_id),
        exists().where(AnsweredRow.image_id == image_id, AnsweredRow.at >= since),
    )


def _stale_pictures(asked: Cutoffs) -> Select[Any]:
    return select(ScreenshotRow.id).where(
        ScreenshotRow.purged_at.is_(None),
        ScreenshotRow.created_at < asked.pictures,
        ~_is_in_use(ScreenshotRow.id, asked.pictures),
    )


def _stale_readings(asked: Cutoffs) -> Select[Any]:
    kinds = [
        select(table.image_id).where(
            table.created_at < asked.readings, ~_is_in_use(table.image_id, asked.readings)
        )
        for table in (PageRow, VlmReplyRow)
    ]  # fmt: skip
    return select(kinds[0].union(kinds[1]).subquery().c.image_id)


def _purge_by_age(session: Session, asked: Scope | Cutoffs, now: datetime, limit: int) -> dict[str, int]:
    if not isinstance(asked, Cutoffs):
        return {}
    stale = list(session.scalars(_stale_pictures(asked).limit(limit)))
    if stale:
        marked = update(ScreenshotRow).where(ScreenshotRow.id.in_(stale)).values(purged_at=now, is_reencoded=True)
        session.execute(marked, execution_options={"synchronize_session": False})
        _doom(session, stale)
        return {"pictures": len(stale)}
    read = list(session.scalars(_stale_readings(asked).limit(limit)))
    if read:
        return {"readings": sum(_delete(session, t, t.image_id.in_(read)) for t in (PageRow, VlmReplyRow))}
    return {"audit_events": trim(session, asked.audit, now, limit * ENTRIES)}


def _purge_unused_pictures(session: Session, _asked: Scope | Cutoffs, now: datetime, limit: int) -> dict[str, int]:
    """Pictures that were received and never became an attempt's: nobody would ever see or purge them."""
    unused = select(ScreenshotRow.id).where(ScreenshotRow.created_at < now - UNUSED_FOR, ~_is_referred_to())
    image_ids = list(session.scalars(unused.limit(limit)))
    readings = _delete_pictures(session, image_ids) if image_ids else 0
    return {"pictures": len(image_ids), "readings": readings}


def _purge_places(session: Session, asked: Scope | Cutoffs, _now: datetime, _limit: int) -> dict[str, int]:
    """What is remembered of an application's controls, when all of it is to go and not some time of it only."""
    if not isinstance(asked, Scope) or not asked.application:
        return {}
    if asked != Scope(application=asked.application, keeps_cases=asked.keeps_cases):
        return {}
    application = asked.application
    places = _delete(session, CacheEntryRow, CacheEntryRow.application == application)
    for table in (PlaceChangeRow, PolicyTrialRow):
        _delete(session, table, table.application == application)
    return {"places": places}


def _delete(session: Session, table: Any, *where: ColumnElement[bool]) -> int:
    done = session.execute(delete(table).where(and_(*where)), execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]


def _count(table: Any, *where: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(table).where(*where)
