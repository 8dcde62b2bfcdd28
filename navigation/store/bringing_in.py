"""An import: attempts, labels and cases by the ten thousand, in one transaction; lists and counts are brought along.

What `summaries` does step by step for one attempt is done here for all at once; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from sqlalchemy import Boolean, Text, func, insert, select, update
from sqlalchemy.orm import Session

from navigation.case_records import BroughtCase, Import
from navigation.errors import ConflictError
from navigation.labels import Label
from navigation.records import AttemptDecision, AttemptFinish, AttemptStart, AuditEvent
from navigation.store import listing_in, sentences
from navigation.store.chaining import log
from navigation.store.connection import Part
from navigation.store.folding import folded
from navigation.store.models.base import Base
from navigation.store.models.cases import CaseRow
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow, RunRow, ScreenshotRow
from navigation.store.models.review import LabelRow, SampleItemRow, SampleRow
from navigation.store.rows import names_of, values_of
from navigation.store.staging import Columns, Staged, staged

AT_ONCE = 500


class BringingIn(Part):
    def known_cases(self, case_ids: Iterable[str]) -> Mapping[str, str]:
        """The bodies of those of these cases that are stored, by id."""
        known: dict[str, str] = {}
        with self._db.reading() as session:
            for some in _batches(case_ids):
                rows = session.execute(select(CaseRow.id, CaseRow.body).where(CaseRow.id.in_(some)))
                known.update((case_id, body) for case_id, body in rows)
        return known

    def known_pictures(self, image_ids: Iterable[str]) -> frozenset[str]:
        """Those of these pictures that are stored."""
        known: set[str] = set()
        with self._db.reading() as session:
            for some in _batches(image_ids):
                known |= set(session.scalars(select(ScreenshotRow.id).where(ScreenshotRow.id.in_(some))))
        return frozenset(known)

    def bring_in(self, brought: Import, *, event: AuditEvent) -> int:
        """Add everything or nothing; how many cases were added.

        Raises ConflictError when one of the cases or attempts has come to be stored meanwhile.
        """
        with self._db.writing() as session:
            _add_missing(session, RunRow, brought.runs)
            _add_missing(session, ScreenshotRow, brought.pictures, is_reencoded=False)
            _bring_back(session, [picture.id for picture in brought.pictures])
            if brought.cases:
                _add_cases(session, brought)
            log(session, brought.at, event)
            return len(brought.cases)


def _batches(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    once = list(dict.fromkeys(values))
    return (tuple(once[at : at + AT_ONCE]) for at in range(0, len(once), AT_ONCE))


def _add_missing(session: Session, table: Any, records: Sequence[Any], **more: Any) -> None:
    there: set[str] = set()
    for some in _batches(record.id for record in records):
        there |= set(session.scalars(select(table.id).where(table.id.in_(some))))
    rows = [values_of(record) | more for record in records if record.id not in there]
    if rows:
        session.execute(insert(table), rows)


def _bring_back(session: Session, image_ids: Sequence[str]) -> None:
    """Pictures whose files were purged, and have been put there again."""
    back = {"purged_at": None, "is_reencoded": False}
    for some in _batches(image_ids):
        purged = update(ScreenshotRow).where(ScreenshotRow.id.in_(some), ScreenshotRow.purged_at.is_not(None))
        session.execute(purged.values(back), execution_options={"synchronize_session": False})


def _add_cases(session: Session, brought: Import) -> None:
    first = (session.scalar(select(func.max(AttemptRow.seq))) or 0) + 1
    lines = listing_in.lines_of(session, brought.cases, first)
    if brought.sample is not None:
        sample = values_of(brought.sample)
        sample |= {"asked": dict(brought.sample.asked), "strata": [asdict(s) for s in brought.sample.strata]}
        session.execute(insert(SampleRow), [sample])
    with staged(session, first, {**_columns(brought.cases), **lines.columns}) as rows:
        _refuse_stored(session, rows)
        _put_evidence(rows)
        _put_labels(rows)
        if brought.sample is not None:
            item = {"sample_id": brought.sample.id, "stratum": "", "probability": 1.0, "wanted": 1}
            rows.put_into(SampleItemRow, {**item, "position": rows["seq"] - first, "attempt_seq": rows["seq"]})
        _put_cases(rows, brought)
        listing_in.put_lines(rows)
    listing_in.count(session, lines)


def _refuse_stored(session: Session, rows: Staged) -> None:
    for column, name in ((CaseRow.id, "case_id"), (AttemptRow.id, "start_id")):
        given = select(rows[name]).select_from(rows.rows)
        if session.scalar(select(column).where(column.in_(given)).limit(1)) is not None:
            raise ConflictError(sentences.OTHER_CASE)


_STEPS: Sequence[tuple[str, type[Base], Sequence[str]]] = (
    ("start", AttemptRow, names_of(AttemptStart)),
    ("decision", DecisionRow, names_of(AttemptDecision)),
    ("finish", FinishRow, names_of(AttemptFinish)),
    ("label", LabelRow, [name for name in names_of(Label) if name not in ("attempt_id", "box", "pointed")]),
)
"""The parts of a case that is brought in: their name, where they are kept, and what of them is kept as it is."""


def _columns(cases: Sequence[BroughtCase]) -> Columns:
    """What is kept of cases, by "part_field"; where a case has no decision, None."""
    columns: dict[str, Any] = {}
    for part, table, names in _STEPS:
        kept, records = table.__table__.columns, [getattr(case, part) for case in cases]
        for name in names:
            field = attrgetter(name)
            columns[f"{part}_{name}"] = (kept[name].type, [None if one is None else field(one) for one in records])
    boxes = [case.label.box for case in cases]
    columns["label_box"] = LabelRow.box.type, [None if box is None else [box.x, box.y, box.w, box.h] for box in boxes]
    columns["label_folded_note"] = Text(), [folded(note) if note else note for note in columns["label_note"][1]]
    columns["is_decided"] = Boolean(), [case.decision is not None for case in cases]
    columns["case_id"] = CaseRow.id.type, [case.id for case in cases]
    columns["case_body"] = Text(), [case.body for case in cases]
    return columns


def _put_evidence(rows: Staged) -> None:
    for (part, table, names), key in zip(_STEPS[:3], ("seq", "attempt_seq", "attempt_seq"), strict=True):
        values = {key: rows["seq"], **{name: rows[f"{part}_{name}"] for name in names}}
        rows.put_into(table, values, where=rows["is_decided"] if part == "decision" else None)


def _put_labels(rows: Staged) -> None:
    part, table, names = _STEPS[3]
    values = {name: rows[f"{part}_{name}"] for name in (*names, "box", "folded_note")}
    rows.put_into(table, {"attempt_seq": rows["seq"], **values, "pointed": None})


def _put_cases(rows: Staged, brought: Import) -> None:
    values = {
        "id": rows["case_id"],
        "attempt_seq": rows["seq"],
        "application": rows["start_application"],
        "screen": rows["start_screen"],
        "target_text": rows["start_target_text"],
        "body": rows["case_body"],
        "label_id": rows["label_id"],
        "source": "import",
        "state": "new",
        "is_outdated": False,
        "author_id": brought.author_id,
        "author": brought.author,
        "created_at": brought.at,
    }
    rows.put_into(CaseRow, values)
