"""Fills a store with many invented attempts, in bulk: the evidence, the labels, and the lines kept beside them.

Rows go to the driver as they are stored, without the ORM; indexes and tallies are made once, in the end: a million
attempts take two or three minutes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from navigation.ids import new_id
from navigation.store import sqlite
from navigation.store.columns import compact_json, pack
from navigation.store.folding import folded
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.models.lists import NO_METHOD, GroupRow, ScreenTallyRow, SummaryRow, TallyRow, TargetRow
from navigation.store.models.review import LabelRow
from navigation.types import Outcome

BATCH = 5000
CACHE_KIB = 256 * 1024
APPLICATIONS = ("dpi", "laboratoire", "imagerie", "pharmacie", "planning", "bloc")
SCREENS = (
    "connexion",
    "urgences",
    "dossier",
    "prescriptions",
    "confirmation",
    "recherche",
    "résultats",
    "compte rendu",
)
VERBS = ("Ouvrir", "Valider", "Annuler", "Modifier", "Imprimer", "Enregistrer", "Signer", "Fermer")
NOUNS = ("la prescription", "le dossier", "l'ordonnance", "la synthèse", "le compte rendu", "l'alerte")
OUTCOMES = {
    Outcome.OK: 700, Outcome.ABSENT: 90, Outcome.AMBIGUOUS: 60, Outcome.LOW_CONFIDENCE: 50, Outcome.WRONG_SCREEN: 40,
    Outcome.NOT_LANDED: 30, Outcome.TIMEOUT: 15, Outcome.SESSION_EXPIRED: 10, Outcome.WRONG_PATIENT: 4,
    Outcome.ACCOUNT_LOCKED: 1,
}  # fmt: skip
CHANCES = (tuple(OUTCOMES), tuple(OUTCOMES.values()))
REASONS = {Outcome.OK: "landed", Outcome.WRONG_SCREEN: "screen_missing", Outcome.NOT_LANDED: "unchanged"}
EVERY = timedelta(seconds=20)
START = datetime(2026, 1, 1, tzinfo=UTC)


LABELLED = 50
"""One attempt in so many has a label."""
SIGNATURE = "0" * 64
LARGE = (AttemptRow, DecisionRow, FinishRow, SummaryRow)
CANDIDATES = 12


def fill(
    session: Session,
    count: int,
    *,
    run_ids: list[str],
    image_ids: list[str],
    config_id: int,
    seed: int = 7,
    start: datetime = START,
) -> None:
    """Add `count` finished attempts after those that are there, one every `EVERY` from `start`; commits nothing."""
    with _without_indexes(session):
        _fill(session, count, run_ids, image_ids, config_id, seed, start)


@contextmanager
def _without_indexes(session: Session) -> Iterator[None]:
    """Takes the large tables' indexes away, to make them anew at the end: sorted once, not grown row by row."""
    connection = session.connection()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KIB}")
    indexes = [index for table in LARGE for index in sorted(table.__table__.indexes, key=lambda index: str(index.name))]
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)
    connection.exec_driver_sql(f"PRAGMA cache_size=-{sqlite.CACHE_KIB}")


def _fill(
    session: Session, count: int, run_ids: list[str], image_ids: list[str], config_id: int, seed: int, start: datetime
) -> None:
    chance = random.Random(seed)
    targets = _targets(session)
    first = (session.scalar(select(func.max(AttemptRow.seq))) or 0) + 1
    tallies: Counter[tuple[Any, ...]] = Counter()
    by_screen: Counter[tuple[Any, ...]] = Counter()
    groups = _Groups(session, start)
    for low in range(first, first + count, BATCH):
        seqs = range(low, min(low + BATCH, first + count))
        rows = [_attempt(chance, seq, chance.choice(targets), run_ids, image_ids, config_id, start) for seq in seqs]
        lines = [line for *_, line in rows]
        groups.take(lines)
        for table, stored in zip(LARGE, zip(*rows, strict=True), strict=True):
            _insert(session, table, stored)
        labels = [_label(chance, line, start + EVERY * line["seq"]) for line in lines if line["label"]]
        if labels:
            session.execute(insert(LabelRow), labels)
        tallies.update((line["target_id"], line["outcome"], line["method"] or NO_METHOD) for line in lines)
        by_screen.update(
            (line["application"], line["screen"], line["outcome"], line["method"] or NO_METHOD) for line in lines
        )
    groups.write()
    _add_tallies(session, TallyRow, ("target_id", "outcome", "method"), tallies)
    _add_tallies(session, ScreenTallyRow, ("application", "screen", "outcome", "method"), by_screen)


def _insert(session: Session, table: Any, rows: tuple[dict[str, Any], ...]) -> None:
    """Rows whose values are as SQLite keeps them; a column that no row names stays empty."""
    values = ", ".join(f":{name}" for name in rows[0])
    sql = f"INSERT INTO {table.__tablename__} ({', '.join(rows[0])}) VALUES ({values})"
    session.connection().exec_driver_sql(sql, list(rows))


class _Groups:
    """The groups of the lines taken: rows at once, since lines refer to them; their counts are written at the end."""

    def __init__(self, session: Session, start: datetime) -> None:
        self._session = session
        self._start = start
        self._ids = {(row.target_id, row.outcome): row.id for row in session.scalars(select(GroupRow))}
        self._counts: dict[int, list[Any]] = {}

    def take(self, lines: list[dict[str, Any]]) -> None:
        new = {(line["target_id"], line["outcome"]): line for line in lines}
        new = {key: line for key, line in new.items() if key not in self._ids}
        if new:
            rows = [self._row(len(self._ids) + n, line) for n, line in enumerate(new.values(), start=1)]
            self._session.execute(insert(GroupRow), rows)
            self._ids |= {key: row["id"] for key, row in zip(new, rows, strict=True)}
        for line in lines:
            line["group_id"] = self._ids[line["target_id"], line["outcome"]]
            attempts, labelled, *_ = self._counts.get(line["group_id"], (0, 0))
            said = labelled + (line["label"] is not None)
            self._counts[line["group_id"]] = [attempts + 1, said, line["seq"], self._at(line)]

    def write(self) -> None:
        for row in self._session.scalars(select(GroupRow).where(GroupRow.id.in_(self._counts))):
            attempts, labelled, row.last_seq, row.last_at = self._counts[row.id]
            row.attempts, row.labelled = row.attempts + attempts, row.labelled + labelled
        self._session.flush()

    def _at(self, line: dict[str, Any]) -> datetime:
        return self._start + EVERY * line["seq"]

    def _row(self, group_id: int, line: dict[str, Any]) -> dict[str, Any]:
        names = ("target_id", "application", "screen", "signature", "outcome")
        edges = {"first_seq": line["seq"], "first_at": self._at(line), "last_seq": line["seq"],
                 "last_at": self._at(line)}  # fmt: skip
        return {name: line[name] for name in names} | edges | {"id": group_id, "attempts": 0, "labelled": 0}


def _targets(session: Session) -> list[tuple[int, str, str, str]]:
    """Adds the distinct targets: 6 applications of 8 screens of 48 targets."""
    known = {row.key: row.id for row in session.execute(select(TargetRow.key, TargetRow.id))}
    targets = []
    for number, (application, screen, text) in enumerate(_names()):
        key = f"{number:064d}"
        if key not in known:
            row = TargetRow(
                key=key, application=application, screen=screen, kind="clickable", text=text, folded=folded(text)
            )
            session.add(row)
            session.flush()
            known[key] = row.id
        targets.append((known[key], application, screen, text))
    return targets


def _names() -> Iterator[tuple[str, str, str]]:
    for application in APPLICATIONS:
        for screen in SCREENS:
            for verb in VERBS:
                for noun in NOUNS:
                    yield application, screen, f"{verb} {noun}"


def _attempt(
    chance: random.Random,
    seq: int,
    target: tuple[int, str, str, str],
    run_ids: list[str],
    image_ids: list[str],
    config_id: int,
    start: datetime,
) -> tuple[dict[str, Any], ...]:
    """The attempt's rows in the tables of `LARGE`."""
    target_id, application, screen, text = target
    outcome = chance.choices(*CHANCES)[0]
    is_seen = outcome in (Outcome.OK, Outcome.NOT_LANDED, Outcome.LOW_CONFIDENCE, Outcome.AMBIGUOUS)
    method = chance.choices(("cache", "ocr", "vlm"), (60, 38, 2))[0] if is_seen else None
    score = round(chance.uniform(0.9, 1) if outcome is Outcome.OK else chance.uniform(0.5, 0.9), 4) if is_seen else None
    margin = round(chance.uniform(0, 0.5), 4) if is_seen else None
    at, expires_at = _times(start, seq)
    shared = {"seq": seq, "id": new_id(), "run_id": run_ids[seq // 100 % len(run_ids)], "application": application,
              "screen": screen, "before_id": chance.choice(image_ids), "started_at": at, "expires_at": expires_at,
              "config_id": config_id}  # fmt: skip
    is_found = outcome in (Outcome.OK, Outcome.NOT_LANDED)
    x, y = (0.1 + 0.02 * (target_id % 40), 0.1 + 0.05 * (target_id % 17)) if is_found else (None, None)
    judged = {"method": method, "score": score, "margin": margin, "point_x_norm": x, "point_y_norm": y}
    code, reason = _reason(outcome, text)
    ended = {"attempt_seq": seq, "outcome": outcome.value, "reason": reason}
    label = chance.choice(("right", "wrong", "unsure")) if seq % LABELLED == 0 else None
    return (
        shared | {"target_text": text, "target_kind": "clickable", "action": _action(text), "body_hash": SIGNATURE,
                  "wants_after": False, "versions": "{}"},
        ended | judged | {"grounding": _grounding(text, round(score or 0.5, 2)) if is_seen else None,
                          "timings": '{"ocr":250.0}', "decided_at": at},
        ended | {"timings": "{}", "finished_at": at},
        shared | judged | {"target_id": target_id, "state": "finished", "outcome": outcome.value,
                           "duration_ms": round(chance.uniform(150, 900), 1), "signature": SIGNATURE, "reason": code,
                           "label": label, "cause": "popup" if label == "wrong" else None},
    )  # fmt: skip


def _times(start: datetime, seq: int) -> tuple[str, str]:
    at = start + EVERY * seq
    started, expires = (time.strftime("%Y-%m-%d %H:%M:%S.%f") for time in (at, at + timedelta(seconds=210)))
    return started, expires


@cache
def _reason(outcome: Outcome, text: str) -> tuple[str, str]:
    code = REASONS.get(outcome, outcome.value)
    return code, compact_json({"code": code, "values": {"target": text}})


@cache
def _action(text: str) -> bytes:
    return pack({"target": {"text": text}})


@cache
def _grounding(text: str, score: float) -> bytes:
    box = {"box": [200, 150, 120, 30], "text_box": [210, 155, 100, 20], "confidence": 0.93, "method": "ocr"}
    candidates = [
        {**box, "text": f"{text} {n}" if n else text, "score": max(0.0, score - n / 20), "rejected": "lower_score"}
        for n in range(CANDIDATES)
    ]
    return pack({"outcome": "low_confidence", "reason": {"code": "absent", "values": {"target": text}}, "point": None,
                 "point_px": None, "box_px": None, "score": score, "margin": None, "method": None,
                 "candidates": candidates})  # fmt: skip


def _label(chance: random.Random, line: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"id": new_id(), "attempt_seq": line["seq"], "author_id": chance.choice(("ann", "bob")), "author": "Ann",
            "source": "pointed", "sample_id": None, "answer": line["label"], "place": None, "box": None,
            "is_screen_right": None, "has_landed": None, "cause": line["cause"], "note": "bandeau jaune",
            "folded_note": "bandeau jaune", "replaces": None, "batch_id": None,
            "created_at": at}  # fmt: skip


def _add_tallies(session: Session, table: Any, names: tuple[str, ...], tallies: Counter[tuple[Any, ...]]) -> None:
    known = {tuple(getattr(row, name) for name in names): row for row in session.scalars(select(table))}
    for key, row in known.items():
        row.attempts += tallies.pop(key, 0)
    new = [dict(zip(names, key, strict=True)) | {"attempts": count} for key, count in tallies.items()]
    if new:
        session.execute(insert(table), new)
    session.flush()
