"""The work of replay in bulk: all attempts on one picture, handed to a worker that has no store, and its answers.

What goes to a worker prints nothing of what it holds: a cluster's workers log the arguments of work that fails.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import traceback
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2

import navigation
from navconsole.i18n import mark as _
from navconsole.replay.deciding import Decided, Seen, decide_on_record
from navconsole.versions import product_version
from navconsole.workers import WorkersError
from navigation.actions import parse_action
from navigation.codec import grounding_from_json, page_to_json
from navigation.configurations import Limits
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.errors import BadActionError, BadScreenshotError, OcrError, OcrTimeoutError, OcrUnavailableError
from navigation.handler import decide
from navigation.imaging import Screenshot, open_screenshot
from navigation.ocr import SECOND_READER
from navigation.ocr.pool import ReaderPool
from navigation.reading import READING_VERSION
from navigation.reasons import Reason
from navigation.replays import Doubt, Failure
from navigation.settings import Settings, Thresholds
from navigation.shadow import ShadowVerdict, compared
from navigation.store.columns import pack, unpack
from navigation.store.searches import unpacked_page
from navigation.types import Grounding, NavigateResult, Outcome, Page, Point

log = logging.getLogger(__name__)

OTHER_VERSION = _(
    "A worker runs another version of navconsole ({theirs}) than this machine ({ours}). Bring both to the same one; "
    "nothing of it was kept."
)
UNDECODED = (KeyError, TypeError, ValueError, zlib.error, BadActionError)


@dataclass(frozen=True, slots=True)
class Reading:
    """Readers in their order, and the language, that pictures are read anew with; `seconds` for one picture."""

    readers: tuple[str, ...]
    language: str
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """One attempt, packed as it is stored; its `limits` are those that decide now."""

    seq: int
    outcome: Outcome
    reason: str
    action: bytes
    grounding: bytes | None
    limits: Thresholds
    reading: str
    model: str


@dataclass(frozen=True, slots=True, repr=False)
class Unit:
    """Attempts on one picture. With a `reading` the picture's bytes come along, and pages by those readers if stored.

    `version` is what the sender runs (`program_version`): another one would answer otherwise.
    """

    version: str
    image_id: str
    items: tuple[Item, ...]
    pages: Mapping[str, bytes]
    reading: Reading | None = None
    picture: bytes = b""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A verdict with the pixel that would be pressed, or why there is none."""

    seq: int
    verdict: ShadowVerdict | None = None
    point: Point | None = None
    doubt: Doubt = ""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """Of one unit; `page` is the picture's new reading, packed, where it was read."""

    answers: tuple[Answer, ...]
    page: bytes | None = None


@cache
def program_version() -> str:
    """The product's version, the reading's, and a digest of the engine's own code: what must agree between sides."""
    digest = hashlib.sha256()
    root = Path(navigation.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return f"{product_version()} {READING_VERSION} {digest.hexdigest()[:12]}"


def asked_version(reading: Reading | None) -> tuple[str, str]:
    """What a worker runs, and what it reads with ("" where it is not to read), or the detail of why it cannot.

    The second starts with "!" when the readers that are asked for cannot run there.
    """
    if reading is None:
        return program_version(), ""
    try:
        return program_version(), _engine(reading).pages.settings_key
    except OcrError as err:
        return program_version(), f"!{err.reader}: {err.detail}"


def answer_all(units: Sequence[Unit]) -> list[Answers]:
    """What `answer` gives for each."""
    return [answer(unit) for unit in units]


def answer(unit: Unit) -> Answers:
    """Decide every attempt of a unit again. Raises WorkersError in a program of another version."""
    if unit.version != program_version():
        raise WorkersError(OTHER_VERSION, theirs=program_version(), ours=unit.version)
    if unit.reading is None:
        pages: dict[str, Page] = {}
        return Answers(tuple(_guarded(item, lambda item: _from_pages(item, unit.pages, pages)) for item in unit.items))
    try:
        return _from_picture(unit, unit.reading)
    except BadScreenshotError:
        return failed(unit, "no_picture")
    except OcrTimeoutError:
        return failed(unit, "timeout")
    except OcrError:
        return failed(unit, "reader")


def failed(unit: Unit, why: Failure) -> Answers:
    """The same failure for every attempt of a unit."""
    return Answers(tuple(Answer(item.seq, failure=why) for item in unit.items))


def _guarded(item: Item, decide_item: Callable[[Item], Answer]) -> Answer:
    """One attempt's outer edge: a fault of ours costs that attempt, and not the run."""
    try:
        return decide_item(item)
    except Exception as err:  # noqa: BLE001 the attempt's outer edge
        # Only the kind of fault and where it arose: its message might quote the screen.
        last = traceback.extract_tb(err.__traceback__)[-1]
        log.error("replay fault attempt=%d kind=%s at=%s:%s", item.seq, type(err).__name__, last.name, last.lineno)
        return Answer(item.seq, failure="fault")


# --- on stored readings -----------------------------------------------------------------------------


def _from_pages(item: Item, packed: Mapping[str, bytes], pages: dict[str, Page]) -> Answer:
    """On the reading that the attempt was matched on, else on the newest one; each is unpacked once, into `pages`."""
    key = item.reading if item.reading in packed else next(reversed(list(packed)), None)
    if key is None:
        return Answer(item.seq, failure="no_reading")
    try:
        page = pages[key] = pages.get(key) or unpacked_page(packed[key])
        then = then_of(item.grounding)
        action = parse_action(unpack(item.action))
        return _answered(item, then, decide_on_record(page, action, item.limits, Seen(then, item.reading, item.model)))
    except UNDECODED:
        return Answer(item.seq, failure="record")


def then_of(grounding: bytes | None) -> Grounding | None:
    return None if grounding is None else grounding_from_json(unpack(grounding))


def _answered(item: Item, then: Grounding | None, decided: Decided) -> Answer:
    live = NavigateResult(item.outcome, Reason(item.reason), box_px=then.box_px if then else None)
    return Answer(item.seq, compared(live, decided.result), decided.result.point_px, decided.doubt)


# --- on pictures ------------------------------------------------------------------------------------


def _from_picture(unit: Unit, reading: Reading) -> Answers:
    engine, shot = _engine(reading), open_screenshot(unit.picture)
    kept = unit.pages.get(engine.pages.settings_key)
    if kept is None:
        page = engine.pages.read(shot.rgb, image_id=unit.image_id, deadline=Deadline.after(reading.seconds))
    else:
        page = unpacked_page(kept)
    engine.remember(page, shot.rgb)
    answers = tuple(_guarded(item, lambda item: _on_picture(engine, shot, item, reading)) for item in unit.items)
    return Answers(answers, _packed(page) if kept is None else None)


def _on_picture(engine: Engine, shot: Screenshot, item: Item, reading: Reading) -> Answer:
    """As a robot's attempt is decided, without remembered places, a model, or the patient's banner."""
    try:
        then, action = then_of(item.grounding), parse_action(unpack(item.action))
    except UNDECODED:
        return Answer(item.seq, failure="record")
    under = engine.under(Limits(item.limits, engine.settings.cache))
    try:
        result = decide(under, action, shot, deadline=Deadline.after(reading.seconds))
    except BadActionError:
        return Answer(item.seq, failure="record")
    except OcrTimeoutError:
        return Answer(item.seq, failure="timeout")
    except OcrError:
        return Answer(item.seq, failure="reader")
    was_remembered = then is not None and then.method == "cache"
    return _answered(item, then, Decided(result, "remembered" if was_remembered else ""))


def _packed(page: Page) -> bytes:
    return pack(page_to_json(page))


class _Engines(threading.local):
    """Of each thread its own: a reader that another thread waits for would let the deadline pass."""

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self.engine: Engine | None = None
        self.pools: Sequence[ReaderPool] = ()


_ENGINES = _Engines()


def _engine(reading: Reading) -> Engine:
    """The engine with these readers, each a process that is ended at its deadline and replaced.

    Raises OcrUnavailableError when one of the readers that are asked for cannot run here.
    """
    if _ENGINES.engine is not None and _ENGINES.reading == reading:
        return _ENGINES.engine
    for pool in _ENGINES.pools:
        pool.close()
    _ENGINES.engine, _ENGINES.pools = None, ()
    cv2.setNumThreads(1)
    settings = replace(
        Settings.from_env(), readers=reading.readers, language=reading.language, threads=1, budget_s=reading.seconds
    )
    first = ReaderPool(settings, size=1, reader=reading.readers[0])
    second = None
    if SECOND_READER in reading.readers[1:]:
        second = ReaderPool(settings, size=1, reader=SECOND_READER)
    pools = [pool for pool in (first, second) if pool is not None]
    try:
        for pool in pools:
            assert pool.version
    except OcrUnavailableError:
        for pool in pools:
            pool.close()
        raise
    _ENGINES.engine = Engine(settings, reader=first, second_reader=second)
    _ENGINES.reading, _ENGINES.pools = reading, pools
    return _ENGINES.engine
