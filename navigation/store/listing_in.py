"""Brings lists and counts along with an import: what `summaries` does for one attempt, for all of them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Float, Integer, String, Text, bindparam, insert, select, update
from sqlalchemy.orm import Session

from navigation.case_records import BroughtCase
from navigation.daily import Sighting, day_of, sightings
from navigation.records import Json
from navigation.store import summaries, tallying
from navigation.store.models.evidence import SHA256
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
from navigation.store.staging import Columns, Staged

AT_ONCE = 500

Counts = tuple[type[Any], Mapping[tuple[Any, ...], Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Lines:
    """Of cases that are brought in: the columns that only their lines have, and what they add to which counts."""

    columns: Columns
    counts: Sequence[Counts]


def lines_of(session: Session, cases: Sequence[BroughtCase], first: int) -> Lines:
    """The lines of cases whose attempts are numbered from `first`; their targets and groups are there afterwards."""
    targets = _targets(session, cases)
    screens = _by_action(cases, summaries.signature_of)
    outcomes = [case.finish.outcome.value for case in cases]
    groups = _groups(session, cases, first, list(zip(targets, screens, outcomes, strict=True)))
    columns: Columns = {
        "line_target_id": (Integer(), targets),
        "line_group_id": (Integer(), groups),
        "line_signature": (SHA256, screens),
        "line_duration_ms": (Float(), [_duration_ms(case) for case in cases]),
        "line_reason": (Text(), [case.finish.reason.get("code") for case in cases]),
        "line_flow": (String(16), _by_action(cases, summaries.flow_of)),
    }
    return Lines(columns, [*_tallies(cases, targets, outcomes), _days(cases, outcomes), _anchors(cases)])


def put_lines(rows: Staged) -> None:
    """The lines themselves, of what is staged."""
    start = ("id", "run_id", "application", "screen", "before_id", "started_at", "expires_at", "config_id")
    decision = ("method", "score", "margin", "point_x_norm", "point_y_norm")
    line = ("target_id", "group_id", "signature", "duration_ms", "reason", "flow")
    values = {
        "seq": rows["seq"],
        "state": "finished",
        "outcome": rows["finish_outcome"],
        "after_id": rows["finish_after_id"],
        "label": rows["label_answer"],
        "cause": rows["label_cause"],
    }
    for part, names in (("start", start), ("decision", decision), ("line", line)):
        values |= {name: rows[f"{part}_{name}"] for name in names}
    rows.put_into(SummaryRow, values)


def count(session: Session, lines: Lines) -> None:
    for table, counts in lines.counts:
        tallying.add_all(session, table, counts)


def _duration_ms(case: BroughtCase) -> float | None:
    duration = summaries.duration_ms(case.decision.timings) if case.decision else None
    if case.finish.timings:
        duration = (duration or 0.0) + summaries.duration_ms(case.finish.timings)
    return duration


def _by_action(cases: Sequence[BroughtCase], value_of: Any) -> list[Any]:
    """What follows from each case's action; cases that ask the same share theirs, and it is found out once."""
    known: dict[int, Any] = {}
    for case in cases:
        action = case.start.action
        if id(action) not in known:
            known[id(action)] = value_of(action)
    return [known[id(case.start.action)] for case in cases]


def _batches(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[at : at + AT_ONCE] for at in range(0, len(values), AT_ONCE)]


# --- targets and groups ---------------------------------------------------------------------------


def _targets(session: Session, cases: Sequence[BroughtCase]) -> list[int]:
    """The id of each case's target; those seen for the first time are added."""
    starts = [case.start for case in cases]
    names = [(start.application, start.screen, start.target_kind, start.target_text) for start in starts]
    values = {one: summaries.target_values(*one) for one in dict.fromkeys(names)}
    keys = [value["key"] for value in values.values()]
    known = _target_ids(session, keys)
    if new := [value for value in values.values() if value["key"] not in known]:
        session.execute(insert(TargetRow), new)
        known = _target_ids(session, keys)
    ids = {one: known[value["key"]] for one, value in values.items()}
    return [ids[one] for one in names]


def _target_ids(session: Session, keys: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for some in _batches(keys):
        rows = session.execute(select(TargetRow.key, TargetRow.id).where(TargetRow.key.in_(some)))
        known.update((row.key, row.id) for row in rows)
    return known


_Group = tuple[int, str, str]


def _groups(session: Session, cases: Sequence[BroughtCase], first: int, keys: Sequence[_Group]) -> list[int]:
    """The group of each case's kind of ending, with all its new attempts counted in, each of which has a label."""
    sizes = Counter(keys)
    ends = dict(zip(keys, range(len(keys)), strict=True))
    begins = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    known = _group_ids(session, sizes)
    old, new = [], []
    for key, size in sizes.items():
        begin, end = cases[begins[key]].start, cases[ends[key]].start
        last = {"last_seq": first + ends[key], "last_at": end.started_at}
        if key in known:
            old.append({"its_id": known[key], "more": size, **{f"its_{name}": value for name, value in last.items()}})
            continue
        target, signature, outcome = key
        oldest = {"first_seq": first + begins[key], "first_at": begin.started_at}
        kind = {"target_id": target, "application": begin.application, "screen": begin.screen}
        kind |= {"signature": signature, "outcome": outcome}
        new.append({**kind, "attempts": size, "labelled": size, **oldest, **last})
    if old:
        session.connection().execute(_GROW, old)
    if new:
        session.execute(insert(GroupRow), new)
        known = _group_ids(session, sizes)
    return [known[key] for key in keys]


_GROUPS = GroupRow.__table__
_GROW = (
    update(_GROUPS)  # type: ignore[arg-type]
    .where(_GROUPS.c.id == bindparam("its_id"))
    .values(
        attempts=_GROUPS.c.attempts + bindparam("more"),
        labelled=_GROUPS.c.labelled + bindparam("more"),
        last_seq=bindparam("its_last_seq"),
        last_at=bindparam("its_last_at"),
    )
)


def _group_ids(session: Session, keys: Mapping[_Group, int]) -> dict[_Group, int]:
    """Those of these groups that are there."""
    found: dict[_Group, int] = {}
    for some in _batches(list({target for target, *_ in keys})):
        wanted = select(GroupRow.id, GroupRow.target_id, GroupRow.signature, GroupRow.outcome)
        for row in session.execute(wanted.where(GroupRow.target_id.in_(some))):
            found[row.target_id, row.signature, row.outcome] = row.id
    return found


# --- counts ---------------------------------------------------------------------------------------


def _tallies(cases: Sequence[BroughtCase], targets: Sequence[int], outcomes: Sequence[str]) -> list[Counts]:
    by_target: Counter[tuple[Any, ...]] = Counter()
    by_screen: Counter[tuple[Any, ...]] = Counter()
    for case, target, outcome in zip(cases, targets, outcomes, strict=True):
        method = (case.decision and case.decision.method) or NO_METHOD
        by_target[target, outcome, method] += 1
        by_screen[case.start.application, case.start.screen, outcome, method] += 1
    both: list[tuple[type[Any], Counter[tuple[Any, ...]]]] = [(TallyRow, by_target), (ScreenTallyRow, by_screen)]
    return [(table, {key: {"attempts": size} for key, size in counted.items()}) for table, counted in both]


def _days(cases: Sequence[BroughtCase], outcomes: Sequence[str]) -> Counts:
    alike = Counter(
        (case.start.started_at, case.start.application, case.start.screen, outcome,
         case.decision.method if case.decision else None, case.label.answer)
        for case, outcome in zip(cases, outcomes, strict=True)
    )  # fmt: skip
    days: dict[tuple[Any, ...], Counter[str]] = {}
    for (at, application, screen, outcome, method, label), size in alike.items():
        one = asdict(tallying.rate_of(outcome, method, label))
        days.setdefault((day_of(at), application, screen), Counter()).update(
            {name: value * size for name, value in one.items()}
        )
    return AttemptDayRow, days


def _anchors(cases: Sequence[BroughtCase]) -> Counts:
    seen: dict[tuple[Any, ...], Counter[str]] = {}
    known: dict[tuple[int, int], list[Sighting]] = {}
    for case in cases:
        if case.decision is None:
            continue
        action, verified = case.start.action, case.decision.verify_before
        if (id(action), id(verified)) not in known:
            known[id(action), id(verified)] = _sightings(action, verified)
        for one in known[id(action), id(verified)]:
            key = (day_of(case.start.started_at), case.start.application, case.start.screen, one.text)
            changes = {"seen": 1, "found": int(one.is_found), "strong": int(one.is_strong)}
            seen.setdefault(key, Counter()).update(changes)
    return AnchorDayRow, seen


def _sightings(action: Json, verified: Json | None) -> list[Sighting]:
    return list(sightings(action, verified))
