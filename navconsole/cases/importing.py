"""Brings a file of cases in: as attempts of a run of its own, labelled by who brings them, and as cases.

Everything is looked at first. Then pictures are kept and all rows are added in one transaction: all or nothing. A case
that is here already is passed over, so that bringing a file in twice does once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from navconsole.steps import decision_of, finish_of
from navigation.case_records import BroughtCase, CaseCheck, Import
from navigation.cases import EngineSaid, NavCase
from navigation.collecting import without_collector
from navigation.configurations import SERVER, body_of
from navigation.engine import Engine
from navigation.errors import StoreError
from navigation.geometry import contains_point, to_norm_point
from navigation.ids import derived_id, new_id
from navigation.image_header import read_header
from navigation.imaging import Screenshot, open_screenshot
from navigation.labels import Label
from navigation.packs.archive import compact
from navigation.packs.bringing import opened_any
from navigation.packs.format import action_to_json, case_from_json, case_to_json
from navigation.packs.reading import Pack, decoded
from navigation.packs.refusals import refuse
from navigation.packs.results import RunResults
from navigation.packs.running import CaseResult, run_case
from navigation.records import AttemptDecision, AttemptFinish, AttemptStart, AuditEvent, RunStart, ScreenshotMeta
from navigation.sampling import Sample, Stratum
from navigation.settings import Settings
from navigation.store.protocol import Store
from navigation.types import Box, Outcome, Point

AGENT = "import"
"""The agent of the runs that hold what was brought in: no robot made these attempts."""
SHOWN_EACH = 500
"""Cases between two notes of progress where no engine is asked: drawing a bar takes longer than a case."""
IMPORTED = {"code": "imported", "values": {}}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Author:
    """Who brings a file in, and how the audit log calls them."""

    id: str
    name: str
    actor: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an import: cases `added`, `known` already; pictures added; for results, cases `reopened`."""

    added: int = 0
    known: int = 0
    pictures: int = 0
    checked: int = 0
    unknown: int = 0
    reopened: Sequence[str] = field(default_factory=list)


def bring_in_file(
    store: Store,
    path: Path,
    author: Author,
    *,
    application: str = "",
    engine: Callable[[], Engine] | None = None,
    simulated_audit: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> Done:
    """Bring in a file or folder of any known format: cases, or the results of a run; see `bring_in`.

    Args:
        application: for formats that do not say of which application a screenshot is.
        engine: makes the engine that answers each case now.

    Raises PackError for a file that is not as it should be; then nothing was changed.
    """
    with without_collector():  # all that is made for it is gone when this ends
        return _opened_and_brought(store, path, author, application, engine, simulated_audit, progress)


def _opened_and_brought(
    store: Store, path: Path, author: Author, application: str, engine: Callable[[], Engine] | None,
    simulated_audit: bool, progress: Progress,
) -> Done:  # fmt: skip
    with opened_any(path, application=application) as found:
        if isinstance(found, RunResults):
            return note_results(store, found, author)
        answering = engine() if engine else None
        return bring_in(
            store, found, author, engine=answering, simulated_audit=simulated_audit, progress=progress
        )  # fmt: skip


def bring_in(
    store: Store,
    pack: Pack,
    author: Author,
    *,
    engine: Engine | None = None,
    simulated_audit: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> Done:
    """Add the cases of a pack that are not here yet.

    Args:
        store: where to.
        pack: what was opened.
        author: whose labels they become.
        engine: answers each case now; without it, what the file says that an engine answered stands.
        simulated_audit: whether the labels count as those of an audit, in a sample that is marked as simulated.
        progress: told how many cases were looked at.

    Raises PackError for a case that is here with other content or whose picture is nowhere; then nothing was changed.
    """
    now = datetime.now(UTC)
    new = _new_cases(store, pack)
    shots = _new_pictures(store, pack, new)
    if not new:
        return Done(known=len(pack.cases))
    name = (pack.manifest.name or AGENT)[:100]
    runs = {app: _run(app, name, now) for app in dict.fromkeys(case.application for case in new)}
    sample = _sample(name, new, author, now) if simulated_audit else None
    config_id = _config(store)
    brought = []
    actions: dict[int, Any] = {}  # cases that ask the same share their action, and then its row's value
    for at, case in enumerate(new):
        run_id = runs[case.application].id
        answer = _asked(store, engine, case, shots) if engine else None
        action = actions.get(id(case.action)) or actions.setdefault(id(case.action), action_to_json(case.action))
        brought.append(_brought(case, answer, action, run_id, config_id, author, sample, now))
        if engine or at % SHOWN_EACH == 0:
            progress(at + 1, len(new))
    pictures = [_meta(shot, len(data), now) for shot, data in shots.values()]
    batch = Import(list(runs.values()), pictures, brought, author.id, author.name, now, sample)
    details = {"cases": len(new), "known": len(pack.cases) - len(new), "pictures": len(shots), "name": name}
    event = AuditEvent(author.actor, "cases_imported", "run", next(iter(runs.values())).id, "-", "ok", details)
    with _pictures_kept(store, {image_id: data for image_id, (_, data) in shots.items()}):
        store.bring_in(batch, event=event)
    return Done(added=len(new), known=len(pack.cases) - len(new), pictures=len(shots))


def note_results(store: Store, run: RunResults, author: Author) -> Done:
    """Note what a run of a pack came to; cases that were not answered right are re-opened with the run's picture."""
    now = datetime.now(UTC)
    try:
        made_at = datetime.fromisoformat(run.made_at)
    except ValueError:
        made_at = now
    made_at = min(made_at if made_at.tzinfo else made_at.replace(tzinfo=UTC), now)
    known = store.known_cases(result.case_id for result in run.results)
    results = [result for result in run.results if result.case_id in known]
    shots = {}
    for result in results:
        if result.picture is not None:
            shots[result.case_id] = (decoded(result.picture, result.case_id), result.picture)
    checks = [
        CaseCheck(
            r.case_id, r.is_right, r.outcome, run.pack[:200], run.reading[:200],
            shots[r.case_id][0].image_id if r.case_id in shots else None, made_at,
        )
        for r in results
    ]  # fmt: skip
    details = {"cases": len(checks), "wrong": sum(not check.is_right for check in checks)}
    event = AuditEvent(author.actor, "case_results_imported", "pack", "", "-", "ok", details)
    with _pictures_kept(store, {shot.image_id: data for shot, data in shots.values()}):
        for shot, data in shots.values():
            store.add_screenshot(_meta(shot, len(data), now))
        reopened = store.add_checks(checks, event=event)
    return Done(checked=len(checks), unknown=len(run.results) - len(results), reopened=reopened)


# --- what is new ----------------------------------------------------------------------------------


def _new_cases(store: Store, pack: Pack) -> list[NavCase]:
    known = store.known_cases(case.id for case in pack.cases)
    for case in pack.cases:
        body = known.get(case.id)
        if body is not None and not _is_same(case_from_json(json.loads(body)), case):
            raise refuse("other_case", member=case.id)
    return [case for case in pack.cases if case.id not in known]


def _is_same(stored: NavCase, case: NavCase) -> bool:
    """The same question with the same answer; a masked copy has other pictures."""
    return (stored.application, stored.action, stored.expected) == (case.application, case.action, case.expected)


def _new_pictures(store: Store, pack: Pack, cases: Sequence[NavCase]) -> dict[str, tuple[Screenshot, bytes]]:
    """Pictures of these cases that are not stored yet, decoded; each known one has the size that the case says."""
    wanted = {picture.id: (picture, case) for case in cases for picture in case.pictures}
    known = store.known_pictures(wanted)
    shots = {}
    for image_id, (picture, case) in wanted.items():
        if image_id in known:
            meta = store.screenshot(image_id)
            size = (meta.width, meta.height) if meta else None
        elif pack.has_picture(image_id):
            data = pack.picture_bytes(image_id)
            shot = pack.picture(image_id)
            shots[image_id] = (_without_pixels(shot), data)
            size = (shot.size.width, shot.size.height)
        else:
            raise refuse("no_picture", member=case.id)
        if size != (picture.size.width, picture.size.height):
            raise refuse("picture_id", member=image_id)
    return shots


def _without_pixels(shot: Screenshot) -> Screenshot:
    """The picture without its pixels, which would fill the memory by the thousand."""
    return replace(shot, rgb=shot.rgb[:1, :1].copy())


@contextmanager
def _pictures_kept(store: Store, pictures: Mapping[str, bytes]) -> Iterator[None]:
    """Pictures are kept before the rows that name them; when anything is refused, the new ones go again."""
    known = store.known_pictures(pictures)
    new = [image_id for image_id in pictures if image_id not in known]
    try:
        for image_id in new:
            store.blobs.put_received(image_id, pictures[image_id], read_header(pictures[image_id]).format)
        yield
    except BaseException:
        named = store.known_pictures(new)
        for image_id in new:
            if image_id not in named:
                store.blobs.discard(image_id)
        raise


# --- rows -----------------------------------------------------------------------------------------


def _run(application: str, name: str, now: datetime) -> RunStart:
    return RunStart(new_id(), application, name, AGENT, None, hashlib.sha256(name.encode()).hexdigest(), now)


def _meta(shot: Screenshot, size: int, now: datetime) -> ScreenshotMeta:
    width, height = shot.size.width, shot.size.height
    return ScreenshotMeta(shot.image_id, width, height, shot.format, size, shot.format, size, now)


def _sample(name: str, cases: Sequence[NavCase], author: Author, now: datetime) -> Sample:
    applications = sorted({case.application for case in cases})
    asked = {"simulated": True, "filter": [], "by": "none", "size": len(cases), "applications": applications}
    strata = (Stratum("", len(cases), len(cases)),)
    return Sample(new_id(), name, asked, strata, 0, 0.0, author.name, now)


def _config(store: Store) -> int:
    try:
        return store.active_config().id
    except StoreError:
        return store.ensure_config(body_of(Settings.from_env()), SERVER, "settings at an import").id


def _asked(store: Store, engine: Engine, case: NavCase, shots: Mapping[str, tuple[Screenshot, bytes]]) -> CaseResult:
    pictures = []
    for picture in case.pictures:
        data = shots[picture.id][1] if picture.id in shots else store.blobs.read(picture.id)[0]
        pictures.append(open_screenshot(data))
    return run_case(engine, case, *pictures)


def _brought(
    case: NavCase, answer: CaseResult | None, action: Any, run_id: str, config_id: int, author: Author,
    sample: Sample | None, now: datetime,
) -> BroughtCase:  # fmt: skip
    decision: AttemptDecision | None
    if answer is not None:
        case = replace(case, engine=_engine_said(answer), answer="right" if answer.is_right else "wrong")
        decision, finish = _steps_of(answer, case)
    else:
        decision, finish = _steps_said(case, now)
    body = compact(case_to_json(case)).decode()
    start = AttemptStart(
        id=derived_id(f"{case.application}/{case.id}"),
        run_id=run_id,
        application=case.application,
        screen=case.screen,
        target_text=case.action.target.text,
        target_kind=case.action.target.kind,
        action=action,
        body_hash=hashlib.sha256(body.encode()).hexdigest(),
        before_id=case.picture.id,
        wants_after=case.picture_after is not None,
        config_id=config_id,
        versions={"import": case.id},
        started_at=now,
        expires_at=now,
    )
    return BroughtCase(case.id, start, decision, finish, _label(case, start.id, author, sample, now), body)


def _label(case: NavCase, attempt_id: str, author: Author, sample: Sample | None, now: datetime) -> Label:
    expected = case.expected
    is_absent = Outcome.ABSENT in expected.outcomes
    box = _box(case)
    return Label(
        id=new_id(),
        attempt_id=attempt_id,
        author_id=author.id,
        author=author.name,
        answer=_answer(case),  # type: ignore[arg-type]
        created_at=now,
        source="blind" if sample else "pointed",
        sample_id=sample.id if sample else None,
        place="box" if box else "absent" if is_absent else None,
        box=box,
        is_screen_right=False if expected.outcomes == (Outcome.WRONG_SCREEN,) else None,
        cause=case.cause,
    )


def _box(case: NavCase) -> Box | None:
    """Where the target is: of several right places the one that was pressed, since a label has room for one."""
    boxes, said = case.expected.boxes, case.engine
    point = Point(*said.point) if said and said.point else None
    pressed = (box for box in boxes if point is not None and contains_point(box, point))
    return next(pressed, boxes[0] if boxes else None)


def _answer(case: NavCase) -> str:
    """Whether the engine that the file tells of was right; where it tells of none, nobody can say."""
    said, expected = case.engine, case.expected
    if said is None:
        return "unsure"
    if said.outcome not in expected.outcomes:
        return "wrong"
    point = Point(*said.point) if said.point else None
    is_in = not expected.boxes or (point is not None and any(contains_point(box, point) for box in expected.boxes))
    return "right" if is_in else "wrong"


def _engine_said(answer: CaseResult) -> EngineSaid:
    found, point = answer.answer.grounding, answer.answer.point_px
    return EngineSaid(
        answer.answer.outcome,
        found.method if found else None,
        found.score if found else None,
        found.margin if found else None,
        (point.x, point.y) if point else None,
    )


def _steps_of(answer: CaseResult, case: NavCase) -> tuple[AttemptDecision, AttemptFinish]:
    result, after = answer.answer, case.picture_after
    decided = replace(result, outcome=Outcome.OK) if result.was_pressed else result
    return decision_of(decided), finish_of(result, after_id=after.id if after else None)


def _steps_said(case: NavCase, now: datetime) -> tuple[AttemptDecision | None, AttemptFinish]:
    said, after_id = case.engine, case.picture_after.id if case.picture_after else None
    outcome = said.outcome if said else Outcome.INTERRUPTED
    finish = AttemptFinish(outcome, IMPORTED, after_id, None, None, {}, now)
    if said is None:
        return None, finish
    point = to_norm_point(Point(*said.point), case.picture.size) if said.point else None
    decision = AttemptDecision(
        outcome=Outcome.OK if point else said.outcome,
        reason=IMPORTED,
        verify_before=None,
        grounding=None,
        method=said.method,
        score=said.score,
        margin=said.margin,
        point_x_norm=point.x if point else None,
        point_y_norm=point.y if point else None,
        timings={},
        decided_at=now,
    )
    return decision, finish
