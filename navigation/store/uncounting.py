"""Takes attempts out of lists and counts, in sums: what `summaries` adds step by step. A test holds both equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from navigation.daily import Rate, day_of, sightings
from navigation.store import tallying
from navigation.store.models.base import Base
from navigation.store.models.evidence import AttemptRow, DecisionRow
from navigation.store.models.lists import (
    NO_METHOD,
    AnchorDayRow,
    AttemptDayRow,
    GroupRow,
    ScreenTallyRow,
    SummaryRow,
    TallyRow,
    TargetRow,
)

NAMES = ("day", "application", "screen", "text")


def uncount(session: Session, seqs: Sequence[int]) -> None:
    """Remove the lines of these attempts, and all that was counted of them; their evidence must still be there."""
    lines = list(session.scalars(select(SummaryRow).where(SummaryRow.seq.in_(seqs))))
    _take_anchors(session, seqs)
    for line in lines:
        session.expunge(line)
    session.execute(delete(SummaryRow).where(SummaryRow.seq.in_(seqs)))
    tallies = Counter((line.target_id, line.application, line.screen, line.outcome, line.method) for line in lines)
    for (target, application, screen, outcome, method), count in tallies.items():
        counted = {"outcome": outcome, "method": method or NO_METHOD}
        _less(session, TallyRow, {"target_id": target, **counted}, {"attempts": count})
        _less(session, ScreenTallyRow, {"application": application, "screen": screen, **counted}, {"attempts": count})
    _take_days(session, [line for line in lines if line.group_id is not None])
    _recount_groups(session, {line.group_id for line in lines if line.group_id is not None})
    _forget_targets(session, {line.target_id for line in lines})
    for table in (TallyRow, ScreenTallyRow, AttemptDayRow):
        session.execute(delete(table).where(table.attempts == 0))
    session.execute(delete(AnchorDayRow).where(AnchorDayRow.seen == 0))


def _take_days(session: Session, ended: Iterable[SummaryRow]) -> None:
    days: dict[tuple[str, str, str], Rate] = {}
    for line in ended:
        key = (day_of(line.started_at), line.application, line.screen)
        days[key] = days.get(key, Rate()) + tallying.rate_of(line.outcome, line.method, line.label)
    for key, rate in days.items():
        _less(session, AttemptDayRow, dict(zip(NAMES, key, strict=False)), asdict(rate))


def _take_anchors(session: Session, seqs: Sequence[int]) -> None:
    seen: Counter[tuple[str, ...]] = Counter()
    chosen = (
        select(AttemptRow, DecisionRow.verify_before)
        .join(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
        .where(AttemptRow.seq.in_(seqs))
    )
    for start, verify_before in session.execute(chosen):
        for one in sightings(start.action, verify_before):
            key = (day_of(start.started_at), start.application, start.screen, one.text)
            seen.update({(*key, "seen"): 1, (*key, "found"): int(one.is_found), (*key, "strong"): int(one.is_strong)})
    for counted in dict.fromkeys(key[:4] for key in seen):
        changes = {what: seen[(*counted, what)] for what in ("seen", "found", "strong")}
        _less(session, AnchorDayRow, dict(zip(NAMES, counted, strict=True)), changes)


def _less(session: Session, table: type[Base], key: Mapping[str, Any], counts: Mapping[str, int]) -> None:
    """Take from one row of counts; where there is none, nothing was counted."""
    less = {name: getattr(table, name) - count for name, count in counts.items() if count}
    if less:
        chosen = update(table).filter_by(**key).values(less)
        session.execute(chosen, execution_options={"synchronize_session": False})


def _recount_groups(session: Session, group_ids: Iterable[int]) -> None:
    for group_id in group_ids:
        counted = select(func.count(), func.count(SummaryRow.label), func.min(SummaryRow.seq), func.max(SummaryRow.seq))
        attempts, labelled, first, last = session.execute(counted.where(SummaryRow.group_id == group_id)).one()
        if attempts == 0:
            session.execute(delete(GroupRow).where(GroupRow.id == group_id))
            continue
        ends: dict[str, Any] = {"attempts": attempts, "labelled": labelled, "first_seq": first, "last_seq": last}
        for name, seq in (("first_at", first), ("last_at", last)):
            ends[name] = session.scalar(select(SummaryRow.started_at).where(SummaryRow.seq == seq))
        session.execute(update(GroupRow).where(GroupRow.id == group_id).values(ends))


def _forget_targets(session: Session, target_ids: Iterable[int]) -> None:
    """Targets that no attempt is left of: their text may name a patient."""
    for target_id in target_ids:
        used = session.scalar(select(SummaryRow.seq).where(SummaryRow.target_id == target_id).limit(1))
        if used is None:
            session.execute(delete(TallyRow).where(TallyRow.target_id == target_id))
            session.execute(delete(TargetRow).where(TargetRow.id == target_id))
