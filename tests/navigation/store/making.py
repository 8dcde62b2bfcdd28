"""Small make-functions for records, with values that any test may override."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from navigation.alerts import KINDS, Alert, Kind, Message, Recipient, What
from navigation.certificates import Certificate, Counted, Look, Needed, Part, Plan, Promise
from navigation.flows import Signoff
from navigation.ids import new_id
from navigation.imaging import open_screenshot
from navigation.labels import Label
from navigation.oversight import RunStep, Step, StopEvent
from navigation.records import AttemptDecision, AttemptFinish, AttemptStart, RunStart, ScreenshotMeta
from navigation.risk import GridPoint
from navigation.sampling import Sample
from navigation.store import Store
from navigation.types import Box, Control, Outcome, Page, Phrase, Size, Word

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def png(width: int = 40, height: int = 30, colour: str = "teal") -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (width, height), colour)
    image.putpixel((1, 1), (250, 1, 2))
    image.save(out, "PNG")
    return out.getvalue()


def a_run(**given: Any) -> RunStart:
    values = {"id": new_id(), "application": "dpi", "workflow": "tour", "agent": "poste-1", "patient_keys": None,
              "body_hash": sha("run"), "created_at": NOW}  # fmt: skip
    return RunStart(**values | given)


def a_meta(image_id: str = sha("image"), **given: Any) -> ScreenshotMeta:
    values = {"id": image_id, "width": 40, "height": 30, "received_format": "png", "received_bytes": 500,
              "stored_format": "png", "stored_bytes": 500, "created_at": NOW}  # fmt: skip
    return ScreenshotMeta(**values | given)


def a_start(run_id: str, **given: Any) -> AttemptStart:
    values = {
        "id": new_id(), "run_id": run_id, "application": "dpi", "screen": "login", "target_text": "Se connecter",
        "target_kind": "clickable", "action": {"target": {"text": "Se connecter"}}, "body_hash": sha("body"),
        "before_id": sha("image"), "wants_after": True, "config_id": 1, "versions": {"engine": "0.1"},
        "started_at": NOW, "expires_at": NOW + timedelta(seconds=210),
    }  # fmt: skip
    return AttemptStart(**values | given)


def a_decision(**given: Any) -> AttemptDecision:
    values = {
        "outcome": Outcome.OK, "reason": {"code": "ok", "values": {}}, "verify_before": {"status": "passed"},
        "grounding": {"candidates": [{"text": "Se connecter", "score": 0.97}]}, "method": "ocr", "score": 0.97,
        "margin": 0.2, "point_x_norm": 0.5, "point_y_norm": 0.25, "timings": {"read": 200.0, "ground": 3.0},
        "decided_at": NOW + timedelta(seconds=1),
    }  # fmt: skip
    return AttemptDecision(**values | given)


def a_finish(outcome: Outcome = Outcome.OK, **given: Any) -> AttemptFinish:
    values = {"outcome": outcome, "reason": {"code": "landed", "values": {}}, "after_id": None,
              "after_body_hash": None, "verify_after": None, "timings": {"verify": 7.0},
              "finished_at": NOW + timedelta(seconds=2)}  # fmt: skip
    return AttemptFinish(**values | given)


def a_label(attempt_id: str, **given: Any) -> Label:
    values = {"id": new_id(), "author_id": "ann", "author": "Ann", "answer": "wrong", "created_at": NOW}
    return Label(attempt_id=attempt_id, **values | given)


def a_sample(**given: Any) -> Sample:
    values = {"id": new_id(), "name": "march", "asked": {}, "strata": (), "seed": 1, "double_share": 0.0,
              "author": "Ann", "created_at": NOW}  # fmt: skip
    return Sample(**values | given)


def a_stop(application: str = "", *, is_stopped: bool = True, reason: str = "Mise à jour du DPI") -> StopEvent:
    return StopEvent(application, is_stopped, "ann", "Ann", reason, NOW)


def a_step(run_id: str, attempt_id: str, step: Step = "taken_over", **given: Any) -> RunStep:
    return RunStep(run_id, attempt_id, step, **{"author_id": "ann", "author": "Ann", "note": "", "at": NOW} | given)


def an_alert(what: What = "needs_human", **given: Any) -> Alert:
    return Alert(what, **{"application": "dpi", "at": NOW} | given)


def a_recipient(*kinds: Kind, address: str = "garde@chu.example") -> Recipient:
    return Recipient("mail", address, frozenset(kinds or KINDS))


def a_message(**given: Any) -> Message:
    values = {"id": new_id(), "channel": "mail", "address": "garde@chu.example", "what": "needs_human",
              "application": "dpi", "count": 1, "details": [], "first_at": NOW, "last_at": NOW,
              "due_at": NOW}  # fmt: skip
    return Message(**values | given)


def a_signoff(run_id: str, **given: Any) -> Signoff:
    values = {"id": new_id(), "application": "dpi", "flow": "tour", "run_id": run_id, "profile_version": 0,
              "config_id": 1, "answers": [{"step": 1, "answer": "right"}], "signer_id": "cleo", "signer": "cleo",
              "signed_name": "Cléo Marchand", "signed_at": NOW}  # fmt: skip
    return Signoff(**values | given)


def a_plan(**given: Any) -> Plan:
    values = {"id": new_id(), "application": "dpi", "screen": "", "alpha": 0.05, "alpha_absent": 0.1, "delta": 0.05,
              "scores": (0.9, 0.95), "margins": (0.08,), "procedure": "multi_start", "mode": "growing",
              "note": "mars", "author": "Ann", "created_at": NOW}  # fmt: skip
    return Plan(**values | given)


def a_look(**given: Any) -> Look:
    values = {"id": new_id(), "plan_id": "plan", "number": 1, "spent": 0.025, "case_set": sha("cases"),
              "units": ("0123456789abcdef",), "present": 100, "absent": 3, "unused": {"unsure": 2}, "passed": 1,
              "needed": Needed(4, 5, 9), "is_certified": True, "author": "Ann", "at": NOW}  # fmt: skip
    return Look(**values | given)


def a_certificate(**given: Any) -> Certificate:
    part = Part("screen", "dpi / login", "present", Counted(10, 4, 0.15), True)
    promise = Promise(GridPoint(0.9, 0.08), Counted(100, 1, 0.047), Counted(3, 0, 0.6), 0.93, 0.0083, (part,))
    values = {"id": new_id(), "look_id": "look", "promise": promise, "case_set": sha("cases"),
              "readings": ("tesserocr/5",), "sizes": (Size(40, 30),), "profiles": {"dpi": 2}, "author": "Ann",
              "at": NOW}  # fmt: skip
    return Certificate(**values | given)


def a_page(image_id: str = sha("image"), settings_key: str = "tesserocr-5.3-fra") -> Page:
    box = Box(1, 2, 30, 10)
    return Page(
        size=Size(40, 30),
        words=(Word("Été", box, 0.9, 1), Word("chaud", box, 0.8, 1, (1, 2, 3))),
        phrases=(Phrase("Été chaud", box, 0.85),),
        controls=(Control(box, "button", None),),
        reader="tesserocr",
        image_id=image_id,
        settings_key=settings_key,
        read_ms=12.5,
    )


def seeded(store: Store) -> str:
    """A run, a picture and a configuration for attempts to refer to; gives the run's id."""
    store.ensure_config({"score": 0.9}, "test", "first")
    store.add_screenshot(a_meta())
    return store.create_run(a_run()).id


def finished(store: Store, run_id: str, outcome: Outcome = Outcome.OK, **given: Any) -> str:
    """A whole attempt; `given` goes to its start, or to its decision where it has a field of that name."""
    judged = {name: given.pop(name) for name in ("method", "score", "margin") if name in given}
    start = a_start(run_id, **given)
    store.start_attempt(start)
    if outcome is not Outcome.OK:
        judged = {"point_x_norm": None, "point_y_norm": None, **judged}
    store.decide_attempt(start.id, a_decision(outcome=outcome, **judged), finish=a_finish(outcome))
    return start.id


def stored_picture(store: Store, data: bytes) -> str:
    """A real picture, received and recorded as the server does it; gives its id."""
    shot = open_screenshot(data)
    store.blobs.put_received(shot.image_id, data, shot.format)
    sizes = {"received_bytes": len(data), "stored_bytes": len(data)}
    store.add_screenshot(a_meta(shot.image_id, width=shot.size.width, height=shot.size.height, **sizes))
    return shot.image_id
