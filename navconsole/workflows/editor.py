"""What the page on which a profile is made needs, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from navconsole.attempts.overlay import WORTH_SHOWING, Overlay, build_overlay
from navconsole.workflows.context import DiffLine, difference
from navconsole.workflows.desk import Desk
from navconsole.workflows.trial import Trial, read_pages
from navigation.configurations import limits_of
from navigation.errors import StoreError
from navigation.geometry import in_reading_order, share_inside, to_pixel_box
from navigation.packs.persons import looks_personal
from navigation.settings import Thresholds
from navigation.store.protocol import Store
from navigation.types import AnchorCheck, Box, GroundingOutcome, Page, Size
from navigation.verdicts import check_anchor
from navigation.workflow_records import Capture, FileVersion
from navigation.workflows.drafts import DraftScreen, DraftTarget, Line, draft_of
from navigation.workflows.files import parse
from navigation.workflows.model import Profile
from navigation.workflows.pointing import pressable, texts_of
from navigation.workflows.profiles import has_parameter
from navigation.workflows.trying import distinct, find_target, try_page
from navigation.workflows.writing import Written, write_profile

IN_STRIP = 200
"""Newest captures among which those that look different are shown."""
SHOWN = 30
_AT_FIELD = {"password_not_secret": "kind"}
"""Problems that are told where they are put right, and not where the entry begins."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape on the picture; `key` ties it to a row, `style` names its colour and says whether it is as wanted."""

    key: str
    style: str
    box: Box
    label: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One captured screen of the strip, and how many of the newest look like it."""

    capture: Capture
    count: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class View:
    """What the draft makes of the captured screen that is shown: `status` of each screen by number, `outcome` of each
    target, `checks` of the open screen's lines by "present.0"…, and the shapes of all of them."""

    status: Mapping[int, str]
    outcome: Mapping[int, GroundingOutcome]
    checks: Mapping[str, AnchorCheck]
    marks: Sequence[Mark]

    def is_elsewhere(self, key: str, screen: int | None) -> bool:
        """Whether a line that is not met belongs to another language than that in which the screen is recognised."""
        return self.status.get(-1 if screen is None else screen) == "passed" and not self.checks[key].is_met

    @property
    def recognised(self) -> list[int]:
        return [number for number, status in self.status.items() if status == "passed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands in the way of storing a draft: `fields` by field, `elsewhere` for stored workflows that it breaks."""

    fields: Mapping[str, Sequence[str]]
    elsewhere: Sequence[tuple[FileVersion, str]] = ()
    is_unchanged: bool = False
    is_empty: bool = False
    is_unconfirmed: bool = False

    @property
    def is_good(self) -> bool:
        return not (self.count or self.is_unchanged or self.is_empty or self.is_unconfirmed)

    @property
    def count(self) -> int:
        return sum(map(len, self.fields.values())) + len(self.elsewhere)

    def under(self, prefix: str) -> int:
        return sum(len(some) for field, some in self.fields.items() if f"{field}.".startswith(f"{prefix}."))


@dataclass(frozen=True, slots=True)
class Editor:
    """`capture` is None where the application has none. `newest` is the version in use, `changes` what the draft
    changes in it; `theirs` is what it changed itself after the one that the draft was made from, where somebody stored
    it meanwhile. `personal` are the fields whose text looks like a person's; `is_checked` says that the problems are
    shown, the draft having been handed in."""

    application: str
    desk: Desk
    newest: FileVersion | None
    capture: Capture | None
    page: Page | None
    overlay: Overlay | None
    frames: Sequence[Frame]
    texts: Sequence[str]
    view: View
    written: Written
    changes: Sequence[DiffLine]
    verdict: Verdict
    personal: frozenset[str]
    is_kept: bool
    is_checked: bool = False
    theirs: Sequence[DiffLine] = ()
    trial: Trial | None = None

    @property
    def next_version(self) -> int:
        return (self.newest.version if self.newest else 0) + 1

    @property
    def can_be_tried(self) -> bool:
        return profile_of(self.written) is not None

    def problems(self, field: str) -> Sequence[str]:
        return self.verdict.fields.get(field, ()) if self.is_checked else ()


def limits_in_use(store: Store) -> Thresholds:
    """The limits by which attempts are decided now; the default ones while there was none yet."""
    try:
        return limits_of(store.active_config().body).thresholds
    except StoreError:
        return Thresholds()


def build_editor(
    store: Store,
    application: str,
    desk: Desk,
    *,
    on: str,
    is_kept: bool,
    has_strip: bool,
    knows: Callable[[str, str], bool],
    translate: Callable[[str], str],
) -> Editor:
    """The page for a desk, the capture of attempt `on` being shown, else the one that it was changed on
    last, else the newest. On another one than it was changed on last, the screen that it is recognised as is open, or
    none.

    Args:
        has_strip: whether other captures are shown too, which costs reading their pages.
        knows: whether a text holds an identifier of the patient of an attempt's run, by the attempt's id.
    """
    newest = store.newest_file("profile", application)
    captures = store.captures(application, limit=IN_STRIP if has_strip else 1)
    recent = captures if has_strip else []
    shown = _capture_of(store, application, on or desk.on) or (captures[0] if captures else None)
    pages = read_pages(store, [*recent, *([shown] if shown and shown not in recent else [])])
    page = pages.get(shown.image_id) if shown else None
    written = write_profile(desk.draft, desk.note)
    profile = profile_of(written)
    limits = limits_in_use(store)
    view = see(desk, profile, page, limits) if page else View({}, {}, {}, [])
    if shown is not None and page is not None and shown.attempt_id != desk.on:
        desk = replace(desk, screen=view.recognised[0] if view.recognised else None, target=None)
        view = see(desk, profile, page, limits)
    return Editor(
        application=application,
        desk=desk,
        newest=newest,
        capture=shown,
        page=page,
        overlay=_overlay(shown, page),
        frames=_frames(recent, pages, shown),
        texts=texts_of(page) if page else [],
        view=view,
        written=written,
        changes=changes_of(desk, newest),
        verdict=Verdict(problems_by_field(written, translate), is_empty=not (desk.draft.screens or desk.draft.targets)),
        personal=_personal(desk, view, page, lambda text: knows(shown.attempt_id if shown else "", text)),
        is_kept=is_kept,
    )


def with_theirs(store: Store, editor: Editor) -> Editor:
    """The page with what somebody else changed since the draft was begun."""
    base = store.file_of_version("profile", editor.application, "", editor.desk.base)
    theirs = difference(base.text if base else "", editor.newest.text) if editor.newest else []
    return replace(editor, theirs=theirs)


def changes_of(desk: Desk, newest: FileVersion | None) -> list[DiffLine]:
    """What the draft changes in a version, both being written the same way and without notes."""
    said = parse(newest.text).said if newest else None
    before = write_profile(draft_of(said)).text if isinstance(said, Profile) else ""
    return difference(before, write_profile(desk.draft).text)


def profile_of(written: Written) -> Profile | None:
    """What the engine would be asked with; None while the file cannot be read as a whole."""
    said = parse(written.text).said
    return said if isinstance(said, Profile) else None


def problems_by_field(written: Written, translate: Callable[[str], str]) -> dict[str, list[str]]:
    """What the file's checks find wrong, as sentences at the draft's fields."""
    found: dict[str, list[str]] = {}
    for problem in parse(written.text).problems:
        field = written.field_at(problem.place)
        if problem.code in _AT_FIELD:
            field = f"{'.'.join(field.split('.')[:2])}.{_AT_FIELD[problem.code]}"
        found.setdefault(field, []).append(problem.sentence(translate))
    return found


def see(desk: Desk, profile: Profile | None, page: Page, limits: Thresholds) -> View:
    """What the engine makes of a page with the draft as it stands."""
    checks = _checks(desk.open_screen, page, limits)
    marks = [
        Mark(key, f"{check.expected} {'met' if check.is_met else 'unmet'}", check.box)
        for key, check in checks.items()
        if check.box is not None and check.score >= (WORTH_SHOWING if check.expected == "present" else limits.anchor)
    ]
    if desk.open_screen is not None and desk.open_screen.banner is not None:
        marks.append(Mark("patient", "banner", to_pixel_box(desk.open_screen.banner, page.size)))
    if profile is None:
        return View({}, {}, checks, marks)
    tried = try_page(profile, page, limits)
    status = {
        number: "passed" if one.name in tried.screens else "ambiguous" if one.name in tried.nearly else "failed"
        for number, one in enumerate(desk.draft.screens)
    }
    outcome = {}
    for number, target in enumerate(desk.draft.targets):
        asked = profile.targets.get(target.name)
        if asked is None:
            continue
        found = find_target(profile, asked, page, limits)
        outcome[number] = found.outcome
        is_open = " is-open" if number == desk.target else ""
        if found.box_px is not None:
            marks.append(Mark(f"target.{number}", f"target met{is_open}", found.box_px, target.name))
        elif found.outcome == "ambiguous":
            rivals = [c for c in found.candidates if not c.rejected and c.score >= limits.score]
            marks += [
                Mark(f"target.{number}", f"target unmet{is_open}", rival.box, "" if index else target.name)
                for index, rival in enumerate(in_reading_order(rivals, lambda rival: rival.box))
            ]
    return View(status, outcome, checks, marks)


def _checks(screen: DraftScreen | None, page: Page, limits: Thresholds) -> dict[str, AnchorCheck]:
    if screen is None:
        return {}
    lists = (("present", screen.present), ("absent", screen.absent))
    return {
        f"{name}.{index}": check_anchor(page, line.text, expected=name, limits=limits)
        for name, lines in lists
        for index, line in enumerate(lines)
        if not has_parameter(line.text)
    }


def _personal(desk: Desk, view: View, page: Page | None, knows: Callable[[str], bool]) -> frozenset[str]:
    """The fields whose text has the form of a person's name, date or number, is one of the patient's on the screen
    shown, or was read in the patient's banner."""
    found = set()
    for field, line in _all_lines(desk):
        if looks_personal(line.text) or knows(line.text):
            found.add(field)
    screen = desk.open_screen
    if page is not None and screen is not None and screen.banner is not None:
        banner = to_pixel_box(screen.banner, page.size)
        inside = [key for key, check in view.checks.items() if check.is_met and check.box is not None]
        found |= {
            f"screens.{desk.screen}.{key}"
            for key in inside
            if (box := view.checks[key].box) is not None and share_inside(box, banner) > 0.5
        }
    return frozenset(found)


def _all_lines(desk: Desk) -> list[tuple[str, Line]]:
    entries: list[tuple[str, DraftScreen | DraftTarget, tuple[str, str]]] = [
        *((f"screens.{at}", one, ("present", "absent")) for at, one in enumerate(desk.draft.screens)),
        *((f"targets.{at}", one, ("text", "synonyms")) for at, one in enumerate(desk.draft.targets)),
    ]
    return [
        (f"{field}.{name}.{index}", line)
        for field, entry, names in entries
        for name in names
        for index, line in enumerate(getattr(entry, name))
    ]


def _frames(captures: Sequence[Capture], pages: Mapping[str, Page], shown: Capture | None) -> list[Frame]:
    read = [one for one in captures if one.image_id in pages]
    frames = [Frame(read[at], count, False) for at, count in distinct([pages[one.image_id] for one in read])]
    if shown is not None and all(one.capture.image_id != shown.image_id for one in frames):
        frames = [Frame(shown, 1, True), *frames]
    return [replace(one, is_shown=shown is not None and one.capture.image_id == shown.image_id) for one in frames][
        :SHOWN
    ]


def _capture_of(store: Store, application: str, attempt_id: str) -> Capture | None:
    """The picture of one attempt, however old; None when it is not this application's, or its file is gone."""
    attempt = store.attempt(attempt_id, applications=[application]) if attempt_id else None
    meta = store.screenshot(attempt.start.before_id) if attempt else None
    if attempt is None or meta is None or meta.purged_at is not None:
        return None
    start, size = attempt.start, Size(meta.width, meta.height)
    reading = str(start.versions.get("reading", ""))
    return Capture(start.before_id, start.id, size, start.screen, reading, start.started_at)


def _overlay(capture: Capture | None, page: Page | None) -> Overlay | None:
    if capture is None:
        return None
    size = page.size if page else Size(capture.size.width, capture.size.height)
    return build_overlay(size, phrases=page.phrases if page else (), controls=pressable(page) if page else ())
