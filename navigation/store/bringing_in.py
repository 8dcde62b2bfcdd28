"""An import: attempts, labels and cases by the ten thousand, in one transaction; lists and counts are brought along.

What `summaries` does step by step for one attempt is done here in sums; a test holds both equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from navigation.case_records import BroughtCase, Import
from navigation.daily import Rate, day_of, sightings
from navigation.errors import ConflictError
from navigation.records import AuditEvent
from navigation.store import sentences, summaries, tallying
from navigation.store.connection import Part
from navigation.store.folding import folded
from navigation.store.models.accounts import AuditRow
from navigation.store.models.base import Base
from navigation.store.models.cases import CaseRow
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow, RunRow, ScreenshotRow
from navigation.store.models.lists import NO_METHOD, AnchorDayRow, AttemptDayRow, SummaryRow
from navigation.store.models.review import LabelRow, SampleItemRow, SampleRow
from navigation.store.rows import values_of

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
            _refuse_stored(session, brought.cases)
            _add_missing(session, RunRow, brought.runs)
            _add_missing(session, ScreenshotRow, brought.pictures, is_reencoded=False)
            _bring_back(session, [picture.id for picture in brought.pictures])
            if brought.cases:
                _add_cases(session, brought)
            session.add(AuditRow(at=brought.at, **values_of(event)))
            return len(brought.cases)


def _batches(values: Iterable[str]) -> Iterator[tuple[str, ...]]:
    once = list(dict.fromkeys(values))
    return (tuple(once[at : at + AT_ONCE]) for at in range(0, len(once), AT_ONCE))


def _refuse_stored(session: Session, cases: Sequence[BroughtCase]) -> None:
    for column, ids in ((CaseRow.id, [c.id for c in cases]), (AttemptRow.id, [c.start.id for c in cases])):
        for some in _batches(ids):
            if session.scalar(select(column).where(column.in_(some)).limit(1)) is not None:
                raise ConflictError(sentences.OTHER_CASE)


def _add_missing(session: Session, table: Any, records: Sequence[Any], **more: Any) -> None:
    there: set[str] = set()
    for some in _batches(record.id for record in records):
        there |= set(session.scalars(select(table.id).where(table.id.in_(some))))
    _insert(session, table, [values_of(record) | more for record in records if record.id not in there])


def _bring_back(session: Session, image_ids: Sequence[str]) -> None:
    """Pictures whose files were purged, and have been put there again."""
    back = {"purged_at": None, "is_reencoded": False}
    for some in _batches(image_ids):
        purged = update(ScreenshotRow).where(ScreenshotRow.id.in_(some), ScreenshotRow.purged_at.is_not(None))
        session.execute(purged.values(back), execution_options={"synchronize_session": False})


def _add_cases(session: Session, brought: Import) -> None:
    cases = brought.cases
    first = (session.scalar(select(func.max(AttemptRow.seq))) or 0) + 1
    numbered = list(enumerate(cases, start=first))
    _insert(session, AttemptRow, [values_of(c.start) | {"seq": seq} for seq, c in numbered])
    _insert(
        session, DecisionRow, [values_of(c.decision) | {"attempt_seq": seq} for seq, c in numbered if c.decision]
    )  # fmt: skip
    _insert(session, FinishRow, [values_of(c.finish) | {"attempt_seq": seq} for seq, c in numbered])
    if brought.sample is not None:
        sample = values_of(brought.sample)
        sample |= {"asked": dict(brought.sample.asked), "strata": [asdict(s) for s in brought.sample.strata]}
        session.execute(insert(SampleRow), [sample])
    _add_labels(session, numbered)
    if brought.sample is not None:
        item = {"sample_id": brought.sample.id, "stratum": "", "probability": 1.0, "wanted": 1}
        places = [item | {"position": at, "attempt_seq": seq} for at, (seq, _) in enumerate(numbered)]
        _insert(session, SampleItemRow, places)
    _insert(session, CaseRow, [_case_values(brought, seq, c) for seq, c in numbered])
    _add_lines(session, numbered)


def _add_labels(session: Session, numbered: Sequence[tuple[int, BroughtCase]]) -> None:
    rows = []
    for seq, case in numbered:
        values, box = values_of(case.label), case.label.box
        del values["attempt_id"]
        values |= {"attempt_seq": seq, "box": None if box is None else [box.x, box.y, box.w, box.h]}
        rows.append(values | {"pointed": None, "folded_note": folded(case.label.note)})
    _insert(session, LabelRow, rows)


def _case_values(brought: Import, seq: int, case: BroughtCase) -> dict[str, Any]:
    start = case.start
    return {
        "id": case.id,
        "attempt_seq": seq,
        "application": start.application,
        "screen": start.screen,
        "target_text": start.target_text,
        "body": case.body,
        "label_id": case.label.id,
        "source": "import",
        "state": "new",
        "is_outdated": False,
        "author_id": brought.author_id,
        "author": brought.author,
        "created_at": brought.at,
        "checked_at": None,
        "said": None,
        "picture_id": None,
    }


# --- lists and counts -----------------------------------------------------------------------------


def _add_lines(session: Session, numbered: Sequence[tuple[int, BroughtCase]]) -> None:
    targets: dict[tuple[str, ...], int] = {}
    lines: list[_Line] = []
    signatures: dict[str, str] = {}
    for seq, case in numbered:
        start = case.start
        target = (start.application, start.screen, start.target_kind, start.target_text)
        if target not in targets:
            targets[target] = summaries.target_id(session, start)
        lines.append(_line(seq, case, targets[target], signatures))
    groups = _grouped(session, lines)
    for line in lines:
        line.group_id = groups[line.target_id, line.signature, line.outcome]
    _insert(session, SummaryRow, [values_of(line) for line in lines])
    _count(session, lines, [case for _, case in numbered])


@dataclass(slots=True)
class _Line:
    """A line of the list as plain values: rows of the ORM cost ten times as much to make."""

    seq: int
    id: str
    run_id: str
    target_id: int
    application: str
    screen: str
    outcome: str
    method: str | None
    score: float | None
    margin: float | None
    before_id: str
    after_id: str | None
    point_x_norm: float | None
    point_y_norm: float | None
    started_at: datetime
    expires_at: datetime
    duration_ms: float | None
    config_id: int
    signature: str
    reason: str | None
    label: str | None
    cause: str | None
    flow: str | None
    state: str = "finished"
    group_id: int | None = None


def _line(seq: int, case: BroughtCase, target_id: int, signatures: dict[str, str]) -> _Line:
    start, decision, finish = case.start, case.decision, case.finish
    duration = summaries.duration_ms(decision.timings) if decision else None
    if finish.timings:
        duration = (duration or 0.0) + summaries.duration_ms(finish.timings)
    screen = str(start.action.get("verify_before"))
    if screen not in signatures:
        signatures[screen] = summaries.signature_of(start.action)
    return _Line(
        seq=seq,
        id=start.id,
        run_id=start.run_id,
        target_id=target_id,
        application=start.application,
        screen=start.screen,
        outcome=finish.outcome.value,
        method=decision.method if decision else None,
        score=decision.score if decision else None,
        margin=decision.margin if decision else None,
        before_id=start.before_id,
        after_id=finish.after_id,
        point_x_norm=decision.point_x_norm if decision else None,
        point_y_norm=decision.point_y_norm if decision else None,
        started_at=start.started_at,
        expires_at=start.expires_at,
        duration_ms=duration,
        config_id=start.config_id,
        signature=signatures[screen],
        reason=finish.reason.get("code"),
        label=case.label.answer,
        cause=case.label.cause,
        flow=summaries.flow_of(start.action),
    )


def _grouped(session: Session, lines: Sequence[_Line]) -> dict[tuple[int, str, str], int]:
    """The group of each kind of ending, with all its new attempts counted in."""
    members: dict[tuple[int, str, str], list[_Line]] = {}
    for line in lines:
        members.setdefault((line.target_id, line.signature, line.outcome), []).append(line)
    found = {}
    for key, some in members.items():
        group = summaries.group_for(session, some[0])
        group.attempts += len(some)
        group.labelled += len(some)
        if some[0].seq <= group.first_seq:
            group.first_seq, group.first_at = some[0].seq, some[0].started_at
        if some[-1].seq >= group.last_seq:
            group.last_seq, group.last_at = some[-1].seq, some[-1].started_at
        found[key] = group
    session.flush()
    return {key: group.id for key, group in found.items()}


def _count(session: Session, lines: Sequence[_Line], cases: Sequence[BroughtCase]) -> None:
    tallies = Counter((line.target_id, line.application, line.screen, line.outcome, line.method) for line in lines)
    for (target, application, screen, outcome, method), count in tallies.items():
        counted = {"outcome": outcome, "method": method or NO_METHOD}
        summaries.add_to_tallies(session, target, application, screen, counted, count)
    days: dict[tuple[str, str, str], Rate] = {}
    seen: Counter[tuple[str, ...]] = Counter()
    for line, case in zip(lines, cases, strict=True):
        key = (day_of(line.started_at), line.application, line.screen)
        days[key] = days.get(key, Rate()) + tallying.rate_of(line)
        if case.decision is not None:
            for one in sightings(case.start.action, case.decision.verify_before):
                seen.update({(*key, one.text, "seen"): 1})
                seen.update({(*key, one.text, "found"): int(one.is_found)})
                seen.update({(*key, one.text, "strong"): int(one.is_strong)})
    names = ("day", "application", "screen", "text")
    for key, rate in days.items():
        tallying.add(session, AttemptDayRow, dict(zip(names, key, strict=False)), **asdict(rate))
    for text in dict.fromkeys(key[:4] for key in seen):
        changes = {what: seen[(*text, what)] for what in ("seen", "found", "strong")}
        tallying.add(session, AnchorDayRow, dict(zip(names, text, strict=True)), **changes)


def _insert(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, column by column: each distinct value is made ready for the database once.

    A tenth of the time of `session.execute` where most rows share their times, actions and words.
    """
    if not rows:
        return
    connection, columns = session.connection(), table.__table__.columns
    compiled = insert(table.__table__).compile(  # type: ignore[arg-type]
        dialect=connection.dialect, column_keys=list(rows[0])
    )
    order = compiled.positiontup
    if not order:  # a database that takes values by name
        session.execute(insert(table.__table__), list(rows))  # type: ignore[arg-type]
        return
    ready = []
    for name in order:
        process = columns[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        values = [row[name] for row in rows]
        ready.append(values if process is None else _each_once(process, values))
    connection.exec_driver_sql(str(compiled), list(zip(*ready, strict=True)))


def _each_once(process: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Every value processed; the same object only once."""
    known: dict[int, Any] = {}
    for value in values:
        if id(value) not in known:
            known[id(value)] = process(value)
    return [known[id(value)] for value in values]
