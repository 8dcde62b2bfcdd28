"""Keeps the list's lines, the distinct targets, the groups and the tallies in step with the evidence and the labels.

In the same transaction. They say nothing that evidence and labels do not: `rebuild` makes them anew, and a test holds
both equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from navigation.cache import screen_signature
from navigation.labels import Label, Pointed, Settled, settle
from navigation.records import AttemptDecision, AttemptFinish, AttemptStart, Json
from navigation.store import tallying
from navigation.store.casing import mark_outdated
from navigation.store.columns import compact_json
from navigation.store.folding import folded
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.models.lists import (
    FLOWS,
    NO_METHOD,
    RUNNING,
    AnchorDayRow,
    AttemptDayRow,
    GroupRow,
    ScreenTallyRow,
    SummaryRow,
    TallyRow,
    TargetRow,
)
from navigation.store.models.review import LabelRow
from navigation.store.rows import record_of
from navigation.types import Box, Point

REBUILD_BATCH = 1000
LABELLED_LINE: tuple[Any, ...] = (SummaryRow.seq, SummaryRow.id, SummaryRow.label, SummaryRow.group_id, *tallying.KEY)
"""What of an attempt's line is needed to bring it to its labels."""


def duration_ms(*timings: Mapping[str, float]) -> float:
    """Time the engine worked on an attempt: each step's "total", or the sum of its stages without one."""
    return sum(part.get("total", sum(part.values())) for part in timings)


def note_start(session: Session, seq: int, start: AttemptStart) -> None:
    line = SummaryRow(
        seq=seq,
        id=start.id,
        run_id=start.run_id,
        target_id=_target_id(session, start),
        application=start.application,
        screen=start.screen,
        state="started",
        outcome=RUNNING,
        before_id=start.before_id,
        started_at=start.started_at,
        expires_at=start.expires_at,
        config_id=start.config_id,
        signature=signature_of(start.action),
        flow=flow_of(start.action),
    )
    session.add(line)
    session.flush()
    _count(session, line, 1)


def note_decision(session: Session, seq: int, decision: AttemptDecision) -> None:
    line = session.get_one(SummaryRow, seq)
    _count(session, line, -1)
    line.state = "decided"
    line.method = decision.method
    line.score = decision.score
    line.margin = decision.margin
    line.point_x_norm = decision.point_x_norm
    line.point_y_norm = decision.point_y_norm
    line.duration_ms = duration_ms(decision.timings)
    line.reason = decision.reason.get("code")
    _count(session, line, 1)
    tallying.count_anchors(session, line, session.get_one(AttemptRow, seq).action, decision.verify_before)


def note_finish(session: Session, seq: int, finish: AttemptFinish) -> None:
    line = session.get_one(SummaryRow, seq)
    _count(session, line, -1)
    line.state = "finished"
    line.outcome = finish.outcome.value
    line.after_id = finish.after_id
    if finish.timings:
        line.duration_ms = (line.duration_ms or 0.0) + duration_ms(finish.timings)
    line.reason = finish.reason.get("code")
    line.group_id = _grouped(session, line).id
    tallying.count_finished(session, line)
    _count(session, line, 1)


def note_labels(session: Session, line: Row[Any], labels: Sequence[Label]) -> Settled:
    """Bring an attempt's line, group and day to what its labels, oldest first, come to now.

    `line` has the columns of `LABELLED_LINE`; the session holds neither the line nor its group as objects.
    """
    settled = settle(labels)
    cause = settled.last.cause if settled.last else None
    session.connection().execute(_SET_LABEL, {"of": line.seq, "answer": settled.answer, "because": cause})
    if line.group_id is not None:
        change = (settled.answer is not None) - (line.label is not None)
        if change:
            session.connection().execute(_COUNT_LABEL, {"of": line.group_id, "change": change})
        tallying.count_label(session, line, line.label, settled.answer)
    mark_outdated(session, line.seq, [label.id for label in settled.standing], is_disputed=settled.state == "disputed")
    return settled


def labelled_line(session: Session, of: int | str) -> tuple[Row[Any], list[Label]] | None:
    """The line of an attempt, named by its sequence or its id, with its labels, oldest first; None for an unknown."""
    found = session.execute(_LABELLED_BY_SEQ if isinstance(of, int) else _LABELLED_BY_ID, {"of": of}).all()
    if not found:
        return None
    return found[0], [label_of(row.LabelRow, row.id) for row in found if row.LabelRow is not None]


# Made once: for a label, building them costs more than running them.
_LABELLED = (
    select(LabelRow, *LABELLED_LINE)
    .select_from(SummaryRow)
    .outerjoin(LabelRow, LabelRow.attempt_seq == SummaryRow.seq)
    .order_by(LabelRow.seq)
)
_LABELLED_BY_SEQ = _LABELLED.where(SummaryRow.seq == bindparam("of"))
_LABELLED_BY_ID = _LABELLED.where(SummaryRow.id == bindparam("of"))
_SET_LABEL = (
    update(SummaryRow)
    .where(SummaryRow.seq == bindparam("of"))
    .values(label=bindparam("answer"), cause=bindparam("because"))
    .execution_options(synchronize_session=False)
)
_COUNT_LABEL = (
    update(GroupRow)
    .where(GroupRow.id == bindparam("of"))
    .values(labelled=GroupRow.labelled + bindparam("change"))
    .execution_options(synchronize_session=False)
)


def label_of(row: LabelRow, attempt_id: str) -> Label:
    pointed = row.pointed and Pointed(row.pointed["on"], Point(row.pointed["x"], row.pointed["y"]))
    return record_of(Label, row, attempt_id=attempt_id, box=Box(*row.box) if row.box else None, pointed=pointed)


def flow_of(action: Json) -> str | None:
    """The flow that the action completes, if it is a known one: actions kept from before checks may say anything."""
    flow = action.get("flow")
    return flow if flow in FLOWS else None


def signature_of(action: Json) -> str:
    """The signature of the screen that an action expects; of no definition at all, when it expects none."""
    screen: Any = action.get("verify_before")
    if not isinstance(screen, Mapping):
        screen = {}
    named = (screen.get("name") or "", [*(screen.get("present") or ()), "", *(screen.get("absent") or ())])
    return screen_signature(*named)


UNDEFINED = signature_of({})
"""The signature of every screen that an action does not define."""


def rebuild(session: Session) -> int:
    """Make lines, targets and tallies anew from the evidence. Returns how many attempts there are."""
    for table in (AnchorDayRow, AttemptDayRow, ScreenTallyRow, TallyRow, SummaryRow, GroupRow, TargetRow):
        session.execute(delete(table))
    labelled = set(session.scalars(select(LabelRow.attempt_seq).distinct()))
    done = after = 0
    while batch := _steps_after(session, after):
        for start, decision, finish in batch:
            note_start(session, start.seq, record_of(AttemptStart, start))
            if decision is not None:
                note_decision(session, start.seq, record_of(AttemptDecision, decision))
            if finish is not None:
                note_finish(session, start.seq, record_of(AttemptFinish, finish))
        done, after = done + len(batch), batch[-1][0].seq
        session.flush()
        session.expunge_all()
        for seq in (start.seq for start, *_ in batch if start.seq in labelled):
            found = labelled_line(session, seq)
            assert found, "its line was made a moment ago"
            note_labels(session, *found)
            session.expunge_all()
    return done


def _steps_after(session: Session, after: int) -> list[tuple[AttemptRow, DecisionRow | None, FinishRow | None]]:
    steps = (
        select(AttemptRow, DecisionRow, FinishRow)
        .outerjoin(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
        .outerjoin(FinishRow, FinishRow.attempt_seq == AttemptRow.seq)
        .where(AttemptRow.seq > after)
        .order_by(AttemptRow.seq)
        .limit(REBUILD_BATCH)
    )
    return list(session.execute(steps))


def target_values(application: str, screen: str, kind: str, text: str) -> dict[str, str]:
    """The row of a distinct target, without its id."""
    key = hashlib.sha256(compact_json([application, screen, kind, text]).encode()).hexdigest()
    where = {"application": application, "screen": screen, "kind": kind}
    return {"key": key, **where, "text": text, "folded": folded(text)}


def _target_id(session: Session, start: AttemptStart) -> int:
    """The id of the attempt's distinct target, which is added when it is seen for the first time."""
    values = target_values(start.application, start.screen, start.target_kind, start.target_text)
    known = session.scalar(select(TargetRow.id).where(TargetRow.key == values["key"]))
    if known is not None:
        return known
    target = TargetRow(**values)
    session.add(target)
    session.flush()
    return target.id


def _grouped(session: Session, line: SummaryRow) -> GroupRow:
    """The attempt's group, with the attempt counted in it."""
    group = _group_for(session, line)
    group.attempts += 1
    group.labelled += line.label is not None
    if line.seq <= group.first_seq:
        group.first_seq, group.first_at = line.seq, line.started_at
    if line.seq >= group.last_seq:
        group.last_seq, group.last_at = line.seq, line.started_at
    session.flush()
    return group


def _group_for(session: Session, line: SummaryRow) -> GroupRow:
    """The group that a finished attempt belongs to, which is added, without any, when it is the first."""
    alike = (
        GroupRow.target_id == line.target_id,
        GroupRow.signature == line.signature,
        GroupRow.outcome == line.outcome,
    )
    group = session.scalar(select(GroupRow).where(*alike))
    if group is None:
        group = GroupRow(
            target_id=line.target_id,
            application=line.application,
            screen=line.screen,
            signature=line.signature,
            outcome=line.outcome,
            attempts=0,
            labelled=0,
            first_seq=line.seq,
            first_at=line.started_at,
            last_seq=line.seq,
            last_at=line.started_at,
        )
        session.add(group)
    return group


def _count(session: Session, line: SummaryRow, change: int) -> None:
    """Add a line to the tallies, or take it away. Each is one UPDATE, so that two writers cannot lose a count."""
    counted = {"outcome": line.outcome, "method": line.method or NO_METHOD}
    where = {"application": line.application, "screen": line.screen}
    _add_to(session, TallyRow, {"target_id": line.target_id, **counted}, change)
    _add_to(session, ScreenTallyRow, {**where, **counted}, change)


def _add_to(session: Session, table: type[TallyRow | ScreenTallyRow], key: Mapping[str, Any], change: int) -> None:
    changed = session.execute(
        update(table)
        .filter_by(**key)
        .values(attempts=table.attempts + change)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(table).values(**key, attempts=change))
