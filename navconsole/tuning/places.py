"""What the page of remembered places shows. Pure but for `build_*`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from navconsole.auth.permissions import may_see
from navconsole.steps import result_of
from navconsole.tuning.place_forms import PlaceQuery
from navconsole.tuning.recorded import action_of, has_landed, scope_of, truth_of
from navigation.cache import CacheKey, Place, oldest_of
from navigation.configurations import limits_of
from navigation.errors import BadScreenshotError, DamagedPictureError, SettingsError, StoreError
from navigation.geometry import contains_point, to_pixel_point
from navigation.imaging import open_screenshot
from navigation.place_records import PlaceChange, PlaceFilter, PlaceState, PlaceTally, RememberedPlace
from navigation.records import AttemptDetail, AttemptFilter, AttemptSummary, User
from navigation.remembered import key_of, place_from
from navigation.settings import CachePolicy
from navigation.store.protocol import Store
from navigation.types import NormPoint, Outcome, Size

PAGE_SIZE: Final = 24
LOOKED_AT: Final = 60
RUNS_SHOWN: Final = 12
ROOM_AROUND_LIMIT: Final = 1.15
"""The time line reaches a little further back than the policy's limit, so that what is older than it shows."""


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Times of a place as shares 0..1 of a line that ends now; what is before its start stands at 0."""

    created: float
    verified: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """`parts` are hits, misses and contradictions as shares of the largest total on the page."""

    place: RememberedPlace
    known_days: int
    states: Sequence[PlaceState]
    line: TimeLine
    parts: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ScreenGroup:
    """Places of one screen at one size; `attempt_id` is the newest attempt there, whose picture they are drawn on.

    `definition` is a short name of the texts the screen is told by, where the page has the screen with others, too.
    """

    application: str
    screen: str
    definition: str
    size: Size
    rows: Sequence[PlaceRow]
    attempt_id: str | None


@dataclass(frozen=True, slots=True)
class PlacesPage:
    query: PlaceQuery
    policy: CachePolicy
    tally: PlaceTally
    groups: Sequence[ScreenGroup]
    total: int
    previous_href: str | None
    next_href: str | None


@dataclass(frozen=True, slots=True)
class PlacePage:
    """One place with everything about it; `runs` are verified attempts it may be learned from anew."""

    row: PlaceRow
    policy: CachePolicy
    attempt_id: str | None
    changes: Sequence[PlaceChange]
    runs: Sequence[AttemptSummary]


def policy_in_use(store: Store) -> CachePolicy:
    """The cache policy of the configuration in use; the default one before there is any that can be used."""
    try:
        return limits_of(store.active_config().body).cache
    except (StoreError, SettingsError):
        return CachePolicy()


def policy_of(store: Store, config_id: int | None) -> CachePolicy | None:
    """The cache policy of a configuration; None when there is none of this number that can be used."""
    config = store.config(config_id) if config_id is not None and 0 < config_id < 2**63 else None
    try:
        return limits_of(config.body).cache if config else None
    except SettingsError:
        return None


def build_places(store: Store, user: User, query: PlaceQuery, now: datetime) -> PlacesPage:
    policy = policy_in_use(store)
    where = PlaceFilter(
        oldest=oldest_of(policy, now),
        application=query.application,
        screen=query.screen,
        states=query.states,
        applications=user.applications,
    )
    found = store.places(where, page=query.page, limit=PAGE_SIZE)
    has_more = (query.page + 1) * PAGE_SIZE < found.total
    return PlacesPage(
        query=query,
        policy=policy,
        tally=store.place_tally(where),
        groups=groups_of(store, rows_of(found.rows, policy, now)),
        total=found.total,
        previous_href=query.address(page=query.page - 1) if query.page else None,
        next_href=query.address(page=query.page + 1) if has_more else None,
    )


def groups_of(store: Store, rows: Sequence[PlaceRow]) -> list[ScreenGroup]:
    """The rows by screen and size, in the order they come in."""
    definitions = {(r.place.application, r.place.screen, r.place.screen_signature) for r in rows}
    groups = []
    for _, found in groupby(rows, key=lambda r: (r.place.application, r.place.screen_signature, r.place.size)):
        group = list(found)
        place = group[0].place
        is_one_of = sum(d[:2] == (place.application, place.screen) for d in definitions) > 1
        definition = place.screen_signature[:6] if is_one_of else ""
        groups.append(
            ScreenGroup(place.application, place.screen, definition, place.size, group, _newest(store, group))
        )
    return groups


def build_place(store: Store, place: RememberedPlace, now: datetime) -> PlacePage:
    policy = policy_in_use(store)
    (row,) = rows_of([place], policy, now)
    return PlacePage(
        row=row,
        policy=policy,
        attempt_id=_newest(store, [row]),
        changes=store.place_changes(place),
        runs=verified_runs(store, place, oldest_of(policy, now)),
    )


def rows_of(places: Sequence[RememberedPlace], policy: CachePolicy, now: datetime) -> list[PlaceRow]:
    """The places with what is drawn of them."""
    most = max((p.hits + p.misses + p.contradictions for p in places), default=0) or 1
    rows = []
    for place in places:
        parts = (place.hits / most, place.misses / most, place.contradictions / most)
        states = place.states(oldest_of(policy, now))
        rows.append(PlaceRow(place, (now - place.created_at).days, states, line_of(place, policy, now), parts))
    return rows


def line_of(place: RememberedPlace, policy: CachePolicy, now: datetime) -> TimeLine:
    """A place's times on a line; one without an age limit where nothing ages."""
    reach = timedelta(days=max(policy.max_age_days * ROOM_AROUND_LIMIT, 1))

    def at(moment: datetime) -> float:
        return min(1.0, max(0.0, 1 - (now - moment) / reach))

    return TimeLine(at(place.created_at), at(place.last_verified_at), at(oldest_of(policy, now)))


def _newest(store: Store, rows: Sequence[PlaceRow]) -> str | None:
    """The newest attempt on this screen at its size that pressed one of these places; else the newest one there.

    A screen looks otherwise in another edition or theme: where a place was pressed, it is on the picture.
    """
    place = rows[0].place
    where = AttemptFilter(application=place.application, screen=place.screen, is_running=False)
    shown = [r for r in store.list_attempts(where, limit=LOOKED_AT).rows if r.outcome is not Outcome.WRONG_SCREEN]
    pressed = [r for r in shown if any(_pressed(r, row.place) for row in rows)]
    best = next((r for r in (*pressed, *shown) if _has_size(store, r, place.size)), None)
    return best.id if best else None


def _pressed(row: AttemptSummary, place: RememberedPlace) -> bool:
    if row.point_x_norm is None or row.point_y_norm is None or row.target_text != place.target_text:
        return False
    return contains_point(place.box, to_pixel_point(NormPoint(row.point_x_norm, row.point_y_norm), place.size))


def _has_size(store: Store, row: AttemptSummary, size: Size) -> bool:
    meta = store.screenshot(row.before_id)
    return meta is not None and (meta.width, meta.height) == (size.width, size.height)


# --- learning anew from a verified run ------------------------------------------------------------


def verified_runs(store: Store, place: RememberedPlace, oldest: datetime) -> list[AttemptSummary]:
    """Attempts whose verified press the place may be learned from, newest first; none that is too old to be used."""
    where = AttemptFilter(
        application=place.application,
        screen=place.screen,
        target=place.target_text,
        outcomes=(Outcome.OK,),
        since=oldest,
    )
    found = []
    for row in store.list_attempts(where, limit=LOOKED_AT).rows:
        detail = store.attempt(row.id)
        if detail is not None and is_of(store, detail, place):
            found.append(row)
            if len(found) == RUNS_SHOWN:
                break
    return found


def is_of(store: Store, detail: AttemptDetail, place: RememberedPlace) -> bool:
    """Whether an attempt pressed this place's target, was verified, and nobody says that it was wrong."""
    if detail.decision is None or not has_landed(detail):
        return False
    result = result_of(detail)
    truth = truth_of(detail, result, store.settled(detail.start.id))
    if result.point_px is None or not truth.of(result.point_px):
        return False
    meta = store.screenshot(detail.start.before_id)
    key = _key(detail, Size(meta.width, meta.height)) if meta else None
    return key is not None and (key.application, key.screen_signature, key.target_key, key.size) == (
        place.application,
        place.screen_signature,
        place.target_key,
        place.size,
    )


def place_of_run(store: Store, detail: AttemptDetail) -> Place | None:
    """What the engine would remember of the attempt; None when its picture is gone or shows nothing to know it by."""
    action, result = action_of(detail), result_of(detail)
    if action is None or action.before is None or result.grounding is None:
        return None
    try:
        shot = open_screenshot(store.blobs.read(detail.start.before_id)[0])
    except (FileNotFoundError, DamagedPictureError, BadScreenshotError):
        return None
    return place_from(shot.rgb, action.target, result.grounding, scope_of(detail, action, result.before))


def _key(detail: AttemptDetail, size: Size) -> CacheKey | None:
    action = action_of(detail)
    if action is None or action.before is None or not action.before.name:
        return None
    return key_of(action.target, scope_of(detail, action, None), size)


def visible(place: RememberedPlace | None, user: User) -> bool:
    return place is not None and may_see(user, place.application)
