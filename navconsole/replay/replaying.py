"""One stored attempt decided again from its stored pictures, and how that compares with what is stored.

A stored reading by the readers that are here now is used as it is; other pictures are read. Limits, language and the
model's convention are those the attempt ran with; the model's replies are the recorded ones. Nothing is pressed,
learned, stored or sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from navconsole.i18n import mark as _
from navconsole.steps import result_of
from navigation.actions import parse_action
from navigation.configurations import limits_of
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.errors import BadScreenshotError, DamagedPictureError
from navigation.geometry import contains_point
from navigation.handler import conclude, decide
from navigation.imaging import Screenshot, open_screenshot
from navigation.patient import KnownPatient
from navigation.records import AttemptDetail, AttemptFilter
from navigation.settings import Settings, VlmSettings
from navigation.store.protocol import Store
from navigation.types import NavigateResult, NormPoint, Outcome
from navigation.vlm_recorded import RecordedVlm

Verdict = Literal["same", "differs", "skipped", "failed"]
VERDICTS: Mapping[Verdict, str] = {
    "same": _("same"), "differs": _("differs"), "skipped": _("not replayed"), "failed": _("failed"),
}  # fmt: skip

READING = _("read by %(then)s then, by %(now)s now")
OPENCV = _("OpenCV %(then)s then, %(now)s now")
REMEMBERED = _("its place was remembered then; what was remembered is not kept, so it was looked for by reading")
CIRCUMSTANCES = _("it ended by its circumstances, which cannot be had again")
ONLY_DECIDED = _("what came after the decision is not replayed")
NO_PICTURE = _("its screenshot is gone or damaged")

_CIRCUMSTANCES = {
    Outcome.OCR_TIMEOUT, Outcome.OCR_UNAVAILABLE, Outcome.OCR_FAILED, Outcome.TIMEOUT, Outcome.INTERRUPTED,
    Outcome.ERROR,
}  # fmt: skip
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended: the outcome, how the place was found, and where it is."""

    outcome: Outcome
    method: str | None
    point: NormPoint | None


@dataclass(frozen=True, slots=True)
class Note:
    """A message id and its values: why an attempt differs, or what of it was not replayed."""

    text: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One attempt: `then` as stored (None before a decision), `now` as replayed (None when it was not)."""

    attempt_id: str
    verdict: Verdict
    then: Answer | None
    now: Answer | None
    notes: tuple[Note, ...] = ()


def attempts_of(store: Store, where: AttemptFilter, *, latest: int | None = None) -> Iterator[str]:
    """Ids of the attempts that the filter lets through, newest first, at most `latest`."""
    cursor, left = None, latest
    while left is None or left > 0:
        page = store.list_attempts(where, cursor=cursor, limit=min(_PAGE, left or _PAGE))
        yield from (row.id for row in page.rows)
        cursor, left = page.next_cursor, None if left is None else left - len(page.rows)
        if cursor is None:
            return


class Replayer:
    """Replays attempts of one store, with one engine for each configuration they ran with.

    Args:
        store: where the attempts, their pictures and the model's replies are.
        settings: where readers are on this machine, and the seconds one attempt may take.
        patient_key: makes the hashes of patients' identifiers, as it did then.
        reads_anew: whether pictures are read even where their reading is stored.
    """

    def __init__(self, store: Store, settings: Settings, *, patient_key: bytes, reads_anew: bool = False) -> None:
        self._store = store
        self._settings = settings
        self._patient_key = patient_key
        self._reads_anew = reads_anew
        self._engines: dict[int, Engine] = {}

    def replay(self, detail: AttemptDetail) -> Replayed:
        """Raises OcrError when no reader can read here."""
        decision = detail.decision
        if decision is None or decision.outcome in _CIRCUMSTANCES:
            return Replayed(detail.start.id, "skipped", _decided(detail), None, (Note(CIRCUMSTANCES, {}),))
        before, after = self._picture(detail.start.before_id), None
        if _is_verified_after(detail) and detail.finish and detail.finish.after_id:
            after = self._picture(detail.finish.after_id)
        if before is None or (after is None and _is_verified_after(detail)):
            return Replayed(detail.start.id, "failed", _decided(detail), None, (Note(NO_PICTURE, {}),))
        engine = self._engine_for(detail)
        for shot in filter(None, (before, after)):
            self._recall_page(engine, shot)
        result = self._run(engine, detail, before, after)
        return _compared(detail, result, engine.versions)

    def _run(
        self, engine: Engine, detail: AttemptDetail, before: Screenshot, after: Screenshot | None
    ) -> NavigateResult:
        """Without an application's name, so that no remembered place is asked for or changed."""
        run = self._store.run(detail.start.run_id)
        keys = run.patient_keys if run else None
        action, deadline = parse_action(detail.start.action), Deadline.after(self._settings.budget_s)
        patient = KnownPatient(keys, self._patient_key) if keys else None
        decided = decide(engine, action, before, deadline=deadline, patient=patient)
        if after is None or decided.outcome is not Outcome.OK:
            return decided
        return conclude(engine, action, decided, before, after, deadline=deadline)

    def _picture(self, image_id: str) -> Screenshot | None:
        with suppress(FileNotFoundError, DamagedPictureError, BadScreenshotError):
            return open_screenshot(self._store.blobs.read(image_id)[0])
        return None

    def _recall_page(self, engine: Engine, shot: Screenshot) -> None:
        page = None if self._reads_anew else self._store.page(shot.image_id, engine.pages.settings_key)
        if page is not None:
            engine.remember(page, shot.rgb)

    def _engine_for(self, detail: AttemptDetail) -> Engine:
        number = detail.start.config_id
        if number not in self._engines:
            config = self._store.config(number)
            assert config is not None, "a foreign key of the attempt"
            self._engines[number] = Engine(_as_then(self._settings, config.body))
        engine = self._engines[number]
        vlm = engine.settings.vlm
        grounding = result_of(detail).grounding
        engine.vlm = RecordedVlm(vlm, self._store, grounding=grounding) if vlm.model else None
        return engine


def _as_then(settings: Settings, body: Mapping[str, Any]) -> Settings:
    """This machine's settings with what decided then (`configurations.body_of`)."""
    return replace(
        limits_of(body).within(settings),
        readers=tuple(body["readers"]),
        language=body["language"],
        vlm=VlmSettings(model=body["vlm"], **body.get("vlm_asked", {})),
    )


def _compared(detail: AttemptDetail, result: NavigateResult, versions: Mapping[str, Any]) -> Replayed:
    then, now = _judged(detail), _answer(result)
    is_whole = detail.finish is None or (then is not None and then.outcome is detail.finish.outcome)
    notes = [] if is_whole else [Note(ONLY_DECIDED, {})]
    was_remembered = then is not None and then.method == "cache"
    is_same = _is_same_place(detail, result) if was_remembered else then == now
    if was_remembered:
        notes.append(Note(REMEMBERED, {}))
    if not is_same:
        notes += _other_versions(detail.start.versions, versions)
    return Replayed(detail.start.id, "same" if is_same else "differs", then, now, tuple(notes))


def _is_same_place(detail: AttemptDetail, result: NavigateResult) -> bool:
    """Whether reading ends like the remembered place did, with a point on the control that was pressed then."""
    stored, then = result_of(detail), _judged(detail)
    if then is None or stored.box_px is None or result.point_px is None:
        return False
    return then.outcome is result.outcome and contains_point(stored.box_px, result.point_px)


def _other_versions(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Note]:
    parts = (("reading", READING), ("opencv", OPENCV))
    return [
        Note(text, {"then": str(then.get(part)), "now": str(now.get(part))})
        for part, text in parts
        if then.get(part) != now.get(part)
    ]


def _is_verified_after(detail: AttemptDetail) -> bool:
    """Whether a picture after the press was judged, and not by its circumstances."""
    finish = detail.finish
    return finish is not None and finish.verify_after is not None and finish.outcome not in _CIRCUMSTANCES


def _judged(detail: AttemptDetail) -> Answer | None:
    """What is compared: how the attempt ended where the picture after the press was judged, else the decision."""
    decided = _decided(detail)
    if decided and detail.finish and _is_verified_after(detail):
        return replace(decided, outcome=detail.finish.outcome)
    return decided


def _decided(detail: AttemptDetail) -> Answer | None:
    return _answer(result_of(detail)) if detail.decision else None


def _answer(result: NavigateResult) -> Answer:
    return Answer(result.outcome, result.grounding.method if result.grounding else None, result.point)
