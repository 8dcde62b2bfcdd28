"""Fills a store with many invented attempts, in bulk: the evidence and the lines that the store would have kept."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from navigation.ids import new_id
from navigation.store.folding import folded
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.models.lists import NO_METHOD, SummaryRow, TallyRow, TargetRow
from navigation.types import Outcome

BATCH = 5000
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
START = datetime(2026, 1, 1, tzinfo=UTC)


def fill(
    session: Session, count: int, *, run_ids: list[str], image_ids: list[str], config_id: int, seed: int = 7
) -> None:
    """Add `count` finished attempts after those that are there; commits nothing."""
    chance = random.Random(seed)
    targets = _targets(session)
    first = (session.scalar(select(func.max(AttemptRow.seq))) or 0) + 1
    tallies: Counter[tuple[int, str, str]] = Counter()
    for low in range(first, first + count, BATCH):
        seqs = range(low, min(low + BATCH, first + count))
        rows = [_attempt(chance, seq, chance.choice(targets), run_ids, image_ids, config_id) for seq in seqs]
        for table, index in ((AttemptRow, 0), (DecisionRow, 1), (FinishRow, 2), (SummaryRow, 3)):
            session.execute(insert(table), [row[index] for row in rows])
        tallies.update((line["target_id"], line["outcome"], line["method"] or NO_METHOD) for *_, line in rows)
    _add_tallies(session, tallies)


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
) -> tuple[dict[str, Any], ...]:
    target_id, application, screen, text = target
    outcome = chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    is_seen = outcome in (Outcome.OK, Outcome.NOT_LANDED, Outcome.LOW_CONFIDENCE, Outcome.AMBIGUOUS)
    method = chance.choices(("cache", "ocr", "vlm"), (60, 38, 2))[0] if is_seen else None
    score = round(chance.uniform(0.9, 1) if outcome is Outcome.OK else chance.uniform(0.5, 0.9), 4) if is_seen else None
    margin = round(chance.uniform(0, 0.5), 4) if is_seen else None
    at = START + timedelta(seconds=20 * seq)
    shared = {"id": new_id(), "run_id": run_ids[seq // 100 % len(run_ids)], "application": application,
              "screen": screen, "before_id": chance.choice(image_ids), "started_at": at,
              "expires_at": at + timedelta(seconds=210)}  # fmt: skip
    judged = {"method": method, "score": score, "margin": margin, "point_x_norm": None, "point_y_norm": None}
    reason = {"code": "ok", "values": {"target": text}}
    return (
        shared | {"seq": seq, "target_text": text, "target_kind": "clickable", "action": {"target": {"text": text}},
                  "body_hash": "0" * 64, "wants_after": False, "config_id": config_id, "versions": {}},
        judged | {"attempt_seq": seq, "outcome": outcome, "reason": reason, "verify_before": None,
                  "grounding": {"candidates": []}, "timings": {"ocr": 250.0}, "decided_at": at},
        {"attempt_seq": seq, "outcome": outcome, "reason": reason, "after_id": None, "after_body_hash": None,
         "verify_after": None, "timings": {}, "finished_at": at},
        shared | judged | {"seq": seq, "target_id": target_id, "state": "finished", "outcome": outcome.value,
                           "after_id": None, "duration_ms": 250.0, "config_id": config_id, "signature": "0" * 64},
    )  # fmt: skip


def _add_tallies(session: Session, tallies: Counter[tuple[int, str, str]]) -> None:
    for (target_id, outcome, method), count in tallies.items():
        row = session.get(TallyRow, (target_id, outcome, method))
        if row is None:
            session.add(TallyRow(target_id=target_id, outcome=outcome, method=method, attempts=count))
        else:
            row.attempts += count
    session.flush()
