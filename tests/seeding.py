"""Fills a store with plausible attempts on drawn screens, for tests and for looking at the console by hand.

Run by hand:  python -m tests.seeding DATA_FOLDER [ROUNDS]
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from navigation.codec import grounding_to_json, reason_to_json, verification_to_json
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.reasons import Reason
from navigation.records import AttemptDecision, AttemptFinish, AttemptStart, RunStart, ScreenshotMeta
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import (
    AnchorCheck,
    Box,
    Candidate,
    Control,
    Grounding,
    NormPoint,
    Outcome,
    Page,
    Point,
    Verification,
)
from tests import screens
from tests.screens import Screen

LIMITS = {"score": 0.90, "margin": 0.08, "anchor": 0.88, "candidate_floor": 0.50}
VERSIONS = {"engine": "0.1.0", "reader": "tesserocr 2.8.0", "tesseract": "5.3.0", "language": "fra", "agent": "browser"}
BANNER = [0.0, 0.067, 1.0, 0.087]


@dataclass(frozen=True)
class Story:
    """One kind of attempt: what was on the screen, what was asked, how it ended."""

    outcome: Outcome
    target: str
    screen: str
    before: Callable[[], Screen]
    after: Callable[[], Screen] | None = None
    reason: Reason | None = None
    present: tuple[str, ...] = ()
    after_present: tuple[str, ...] = ()
    kind: str = "clickable"
    control: str = ""
    method: str = "ocr"
    near: str = ""
    has_patient: bool = False
    change: str = "landed"
    seconds: float = 0.8
    extra: dict[str, Any] = field(default_factory=dict)


def stories() -> list[Story]:
    """Every outcome that has its own look, in an order that tells a morning's work."""
    o, s = Outcome, Story
    login, board, record = screens.login, screens.board, screens.record
    form = ("Identifiant", "Mot de passe")
    return [
        s(o.OK, "Identifiant", "Connexion", login, login, present=form, kind="field"),
        s(o.OK, "Mot de passe", "Connexion", login, login, present=form, kind="field", method="cache"),
        s(o.OK, "Se connecter", "Connexion", login, board, present=form, after_present=("Patients présents",)),
        s(o.OK, "Ouvrir", "Tableau", board, record, present=("Patients présents",), near="MARTIN Jeanne"),
        s(o.OK, "Prescriptions", "Dossier", record, record, present=("Synthèse",), has_patient=True),
        s(o.AMBIGUOUS, "Ouvrir", "Tableau", board, present=("Patients présents", "Motif")),
        s(o.WRONG_SCREEN, "Nouvelle entrée", "Tableau", _with_popup, present=("Patients présents", "Box 4")),
        s(o.WRONG_PATIENT, "Valider", "Dossier", _other_patient, present=("Prescriptions",), has_patient=True),
        s(o.ABSENT, "Clôturer le passage", "Dossier", record, present=("Prescriptions",), has_patient=True),
        s(o.LOW_CONFIDENCE, "Nouvelle inscription", "Dossier", record, present=("Synthèse",), has_patient=True),
        s(
            o.NOT_LANDED,
            "Nouvelle prescription",
            "Dossier",
            record,
            _interaction,
            present=("Prescriptions",),
            after_present=("Choisir un médicament", "Posologie"),
            has_patient=True,
            change="error_message",
        ),
        s(o.LOGIN_REFUSED, "Se connecter", "Connexion", login, _refused, present=form, after_present=("Tableau",)),
        s(o.ACCOUNT_LOCKED, "Se connecter", "Connexion", _locked, present=form),
        s(o.SESSION_EXPIRED, "Ouvrir", "Tableau", _expired, present=("Patients présents",)),
        s(o.NEEDS_HUMAN, "Vérifier", "Second facteur", screens.second_factor),
        s(o.OCR_TIMEOUT, "Examens", "Dossier", record, seconds=30, present=("Synthèse",)),
        s(o.OK, "Examens", "Dossier", record, record, present=("Synthèse",), has_patient=True, method="vlm"),
    ]


def _with_popup() -> Screen:
    return screens.board(popup="Une mise à jour sera faite ce soir à 22 h.")


def _other_patient() -> Screen:
    return screens.record(1)


def _interaction() -> Screen:
    return screens.record(notice="Prescription impossible : dossier ouvert par un autre utilisateur.")


def _refused() -> Screen:
    return screens.login(notice="Identifiant ou mot de passe incorrect.")


def _locked() -> Screen:
    return screens.login(notice="Compte verrouillé. Appelez le support.")


def _expired() -> Screen:
    return screens.login(notice="Votre session a expiré.")


# --- storing --------------------------------------------------------------------------------------


def seed(
    store: Store, *, rounds: int = 1, application: str = "dpi-urgences", until: datetime | None = None
) -> list[str]:
    """Store every story `rounds` times, ending at `until`; returns the attempts' ids, oldest first."""
    until = until or datetime.now(UTC)
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    told = stories() * rounds
    ids = []
    for number, story in enumerate(told):
        if number % len(stories()) == 0:
            run_id = add_run(store, application, has_patient=True, at=until)
        at = until - timedelta(seconds=47) * (len(told) - number)
        ids.append(add_attempt(store, story, run_id=run_id, application=application, config_id=config.id, at=at))
    return ids


def add_run(store: Store, application: str, *, has_patient: bool, at: datetime) -> str:
    run_id = new_id()
    keys = {"ipp": "0" * 64} if has_patient else None
    store.create_run(RunStart(run_id, application, "Admission", "poste-accueil-2", keys, "r" * 64, at))
    return run_id


def add_attempt(
    store: Store, story: Story, *, run_id: str, application: str, config_id: int, at: datetime, target: str = ""
) -> str:
    """Store one story whole; `target` replaces the text asked for and found."""
    story = replace(story, target=target, control=story.control or story.target) if target else story
    before_id, before = _add_picture(store, story.before, at)
    start = _start(story, run_id, application, config_id, before_id, at)
    store.start_attempt(start)
    decision = _decision(story, before, at)
    is_pressed = story.after is not None
    store.decide_attempt(start.id, decision, finish=None if is_pressed else _finish(story, decision, None, None, at))
    if story.after is not None:
        after_id, after = _add_picture(store, story.after, at)
        store.finish_attempt(start.id, _finish(story, decision, after_id, after, at))
    return start.id


@cache
def _drawn(draw: Callable[[], Screen]) -> tuple[bytes, Screen]:
    screen = draw()
    data = io.BytesIO()
    screen.image.save(data, "PNG")
    return data.getvalue(), screen


def _add_picture(store: Store, draw: Callable[[], Screen], at: datetime) -> tuple[str, Screen]:
    data, screen = _drawn(draw)
    shot = open_screenshot(data)
    if store.screenshot(shot.image_id) is None:
        store.blobs.put_received(shot.image_id, data, "png")
        width, height = shot.size.width, shot.size.height
        store.add_screenshot(ScreenshotMeta(shot.image_id, width, height, "png", len(data), "png", len(data), at))
        controls = tuple(Control(box, "button") for box in screen.controls)
        page = Page(shot.size, (), tuple(screen.phrases), controls, "tesserocr", shot.image_id, "seeded", 380.0)
        store.put_page(page)
    return shot.image_id, screen


def _start(story: Story, run_id: str, application: str, config_id: int, before_id: str, at: datetime) -> AttemptStart:
    banner = BANNER if story.has_patient else None
    action: dict[str, Any] = {
        "type": "navigate",
        "target": {"text": story.target, "kind": story.kind, **({"near": story.near} if story.near else {})},
        "verify_before": {"name": story.screen, "present": list(story.present), "absent": [], "patient_banner": banner}
        if story.present
        else None,
        "verify_after": {"name": "Suite", "present": list(story.after_present)} if story.after_present else None,
        **story.extra,
    }
    attempt_id = new_id()
    return AttemptStart(
        id=attempt_id,
        run_id=run_id,
        application=application,
        screen=story.screen,
        target_text=story.target,
        target_kind=story.kind,
        action=action,
        body_hash=hashlib.sha256(attempt_id.encode()).hexdigest(),
        before_id=before_id,
        wants_after=story.after is not None,
        config_id=config_id,
        versions=VERSIONS,
        started_at=at,
        expires_at=at + timedelta(seconds=210),
    )


def _decision(story: Story, screen: Screen, at: datetime) -> AttemptDecision:
    before = _verification(story.present, screen, story)
    needs_ground = before.status == "passed" and story.outcome not in NEVER_GROUNDED
    grounding = _grounding(story, screen) if needs_ground else None
    is_found = grounding is not None and grounding.outcome == "found" and story.outcome != Outcome.WRONG_PATIENT
    timings = {"decode": 9.0, "read": 380.0 * story.seconds, "verify_before": 2.1, "ground": 6.4, "store": 11.0}
    outcome = Outcome.OK if story.after is not None else story.outcome
    return AttemptDecision(
        outcome=outcome,
        reason=reason_to_json(_reason(story, grounding, before)),
        verify_before=verification_to_json(before) if story.present else None,
        grounding=grounding_to_json(grounding) if grounding else None,
        method=story.method if is_found else None,
        score=grounding.score if grounding else None,
        margin=grounding.margin if grounding else None,
        point_x_norm=grounding.point.x if grounding and grounding.point and is_found else None,
        point_y_norm=grounding.point.y if grounding and grounding.point and is_found else None,
        timings=timings,
        decided_at=at + timedelta(seconds=story.seconds),
    )


NEVER_GROUNDED = frozenset(
    {Outcome.WRONG_SCREEN, Outcome.ACCOUNT_LOCKED, Outcome.SESSION_EXPIRED, Outcome.NEEDS_HUMAN, Outcome.OCR_TIMEOUT}
)


def _finish(
    story: Story, decision: AttemptDecision, after_id: str | None, after: Screen | None, at: datetime
) -> AttemptFinish:
    found = _verification(story.after_present, after, story) if after and story.after_present else None
    if found:
        passed = found.status == "passed"
        reason = Reason("landed") if passed else _after_reason(story, found)
        found = replace(found, reason=reason, change="landed" if passed else story.change)  # type: ignore[arg-type]
    reason_json = reason_to_json(found.reason) if found and found.status != "passed" else decision.reason
    return AttemptFinish(
        outcome=story.outcome,
        reason=reason_json,
        after_id=after_id,
        after_body_hash="a" * 64 if after_id else None,
        verify_after=verification_to_json(found) if found else None,
        timings={"verify_after": 402.0} if found else {},
        finished_at=at + timedelta(seconds=story.seconds + 1),
    )


def _after_reason(story: Story, found: Verification) -> Reason:
    if story.outcome == Outcome.LOGIN_REFUSED:
        return Reason("login_refused")
    if story.change == "error_message":
        return Reason("error_message", {"notice": "dossier ouvert par un autre utilisateur"})
    missing = next(a.text for a in found.anchors if not a.is_met)
    return Reason("another_screen", {"anchor": missing})


def _reason(story: Story, grounding: Grounding | None, before: Verification) -> Reason:
    codes = {
        Outcome.WRONG_PATIENT: Reason("wrong_patient"),
        Outcome.ACCOUNT_LOCKED: Reason("account_locked"),
        Outcome.SESSION_EXPIRED: Reason("session_expired"),
        Outcome.NEEDS_HUMAN: Reason("needs_human"),
        Outcome.OCR_TIMEOUT: Reason("ocr_timeout", {"reader": "tesserocr"}),
    }
    if story.reason or story.outcome in codes:
        return story.reason or codes[story.outcome]
    return grounding.reason if grounding else before.reason


def _verification(texts: tuple[str, ...], screen: Screen, story: Story) -> Verification:
    checks = tuple(_check(text, screen) for text in texts)
    missing = next((c.text for c in checks if not c.is_met), "")
    if missing:
        return Verification("failed", checks, Reason("screen_missing", {"anchor": missing}))
    return Verification("passed", checks, Reason("screen_passed", {"count": len(checks)}))


def _check(text: str, screen: Screen) -> AnchorCheck:
    best = max(screen.phrases, key=lambda p: fuzz.ratio(text, p.text))
    score = fuzz.ratio(text, best.text) / 100
    is_met = score >= LIMITS["anchor"]
    return AnchorCheck(text, "present", is_met, score, best.box if is_met else None, best.text if is_met else "")


def _grounding(story: Story, screen: Screen) -> Grounding:
    wanted = story.control or story.target
    found = [
        Candidate(
            text=story.target if phrase.text == wanted else phrase.text,
            box=_control_of(phrase.box, screen, below=story.kind == "field"),
            text_box=phrase.box,
            score=round(fuzz.ratio(wanted, phrase.text) / 100, 3),
            confidence=phrase.confidence,
            method=story.method,  # type: ignore[arg-type]
        )
        for phrase in screen.phrases
        if fuzz.ratio(wanted, phrase.text) >= 50
    ]
    found.sort(key=lambda c: -c.score)
    return _judged(story, found[:12])


def _judged(story: Story, found: list[Candidate]) -> Grounding:
    target = story.target
    if not found or found[0].score < 0.75:
        reason = Reason("absent", {"target": target})
        return Grounding("absent", reason, candidates=_rejected(found, "lower_score"))
    best = found[0]
    if best.score < LIMITS["score"]:
        values = {"nearest": best.text, "target": target, "score": best.score, "limit": LIMITS["score"]}
        reason = Reason("low_confidence", values)
        return Grounding("low_confidence", reason, score=best.score, candidates=_rejected(found, "lower_score"))
    margin = round(best.score - found[1].score, 3) if len(found) > 1 else 1.0
    ties = [c for c in found if best.score - c.score < LIMITS["margin"]]
    if len(ties) > 1 and not story.near:
        values = {"target": target, "count": len(ties), "margin": margin, "limit": LIMITS["margin"]}
        tied = [replace(c, rejected="tie" if c in ties else "lower_score") for c in found]
        return Grounding(
            "ambiguous", Reason("ambiguous", values), None, None, None, best.score, margin, None, tuple(tied)
        )
    return _found(story, best, found, margin if not story.near else 0.41)


def _found(story: Story, best: Candidate, found: list[Candidate], margin: float) -> Grounding:
    alone = len(found) == 1
    values: dict[str, str | float] = {"target": story.target, "score": best.score}
    reason = Reason("found_alone", values) if alone else Reason("found", {**values, "margin": margin})
    if story.method == "cache":
        reason = Reason("found_cache", {"target": story.target})
    if story.method == "vlm":
        reason = Reason("found_vlm", {"target": story.target})
    center = best.box.center
    point = NormPoint(center.x / screens.SIZE[0], center.y / screens.SIZE[1])
    rest = _rejected(found[1:], "farther" if story.near else "lower_score")
    return Grounding(
        outcome="found",
        reason=reason,
        point=point,
        point_px=Point(center.x, center.y),
        box_px=best.box,
        score=best.score,
        margin=margin,
        method=story.method,  # type: ignore[arg-type]
        candidates=(best, *rest),
    )


def _rejected(found: list[Candidate], code: str) -> tuple[Candidate, ...]:
    return tuple(replace(c, rejected=code) for c in found)


def _control_of(text_box: Box, screen: Screen, *, below: bool) -> Box:
    """The control that holds the text, or, for a field's label, the one under it; else the text itself."""
    x, y = text_box.x + 4, text_box.center.y + (34 if below else 0)
    around = [b for b in screen.controls if b.x <= x < b.right and b.y <= y < b.bottom]
    return around[0] if around else text_box


def _stories_in_progress(store: Store) -> Iterator[str]:
    """An attempt that has only been started."""
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    at = datetime.now(UTC)
    run_id = add_run(store, "dpi-urgences", has_patient=False, at=at)
    before_id, _ = _add_picture(store, screens.board, at)
    story = Story(Outcome.OK, "Nouvelle entrée", "Tableau", screens.board, present=("Patients présents",))
    start = _start(story, run_id, "dpi-urgences", config.id, before_id, at)
    store.start_attempt(start)
    yield start.id


def add_running(store: Store) -> str:
    """Store an attempt that is still under way; returns its id."""
    return next(_stories_in_progress(store))


if __name__ == "__main__":
    opened = open_store(Path(sys.argv[1]) / "navconsole.db")
    print(len(seed(opened, rounds=int(sys.argv[2]) if len(sys.argv) > 2 else 6)), "attempts stored")
    add_running(opened)
    opened.close()
