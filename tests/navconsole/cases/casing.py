"""Cases in every state, a set and an export to be looked at, on a seeded store: for tests of whole pages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from navconsole.cases.exporting import Prepared
from navconsole.cases.making import case_for
from navconsole.cases.worker import keep_prepared
from navigation.case_records import CaseCheck, CaseExport, CaseSet, StoredCase
from navigation.ids import new_id
from navigation.labels import Label
from navigation.packs.format import case_from_json
from navigation.records import AttemptFilter, AuditEvent, User
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navigation.packs.casemaking import noise_png


def seed_cases(store: Store, data: Path) -> list[StoredCase]:
    """One case of each state, the first one re-opened; and an export that was prepared."""
    now = datetime.now(UTC)
    ann = User(new_id(), "Ann", "engineer", None, None, False, True, None, now)
    cases = [_made(store, ann, outcome, now) for outcome in (Outcome.OK, Outcome.ABSENT, Outcome.NEEDS_HUMAN)]
    named = store.add_case_set(CaseSet(new_id(), "Connexion", ann.id, ann.name, now))
    store.put_in_set(named.id, [case.id for case in cases[:2]])
    for case, is_right in zip(cases, (False, True), strict=False):
        store.add_checks([CaseCheck(case.id, is_right, "absent", "p.zip", "tesserocr/5.3.0", None, now)])
    left = [{"id": cases[2].id, "why": "personal_asked", "text": "MARTIN Jeanne"}]
    export = CaseExport(
        new_id(), ann.id, ann.name, "pack", "masked", "", {"name": "Connexion"}, "asked", now,
        cases=2, left=left, expires_at=now + timedelta(hours=24),
    )  # fmt: skip
    store.add_export(export, event=AuditEvent(ann.id, "export_asked", "export", export.id))
    kept = [case_from_json(json.loads(case.body)) for case in cases[:2]]
    pictures = {picture.id: noise_png() for case in kept for picture in case.pictures}
    keep_prepared(data, export.id, Prepared(kept, pictures, left))
    store.change_export(replace(export, state="prepared"), was="asked")
    return cases


def _made(store: Store, user: User, outcome: Outcome, now: datetime) -> StoredCase:
    rows = store.list_attempts(AttemptFilter(outcomes=[outcome])).rows
    attempt_id = next(row.id for row in rows if row.method != "vlm")
    store.add_labels([Label(new_id(), attempt_id, user.id, user.name, "right", now)])
    attempt = store.attempt(attempt_id)
    assert attempt is not None
    case = case_for(store, attempt, user, now)
    assert isinstance(case, StoredCase)
    return store.put_case(case)
