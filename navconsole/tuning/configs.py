"""What the page of configurations shows. Pure but for `build_page`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, Literal

from navigation.configurations import Limits, limits_of, with_limits
from navigation.daily import Activation
from navigation.errors import SettingsError
from navigation.records import ConfigRecord, User
from navigation.settings import Thresholds
from navigation.store.protocol import Store

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
LOWEST_SCORE: Final = 0.5
WIDEST_MARGIN: Final = 0.3
"""The picture of a configuration shows scores from 0.5 and margins to 0.3; what lies beyond stands at the edge."""
LIMITS: Final = (
    "score",
    "margin",
    "anchor",
    "candidate_floor",
    "max_age_days",
    "agreement",
    "window_px",
    "max_entries",
)

Side = Literal["stricter", "looser", "other"]


@dataclass(frozen=True, slots=True)
class Change:
    """One limit that differs from the one in use; `side` says whether it lets less or more through."""

    name: str
    here: float
    in_use: float
    side: Side


@dataclass(frozen=True, slots=True)
class Version:
    """A configuration as a card. `spot` is its place in the picture, each 0..1 from the left (score) and top (margin).

    `rest` are the words of what else it holds (readers, language, model) where that is not as in use.
    """

    config: ConfigRecord
    limits: Limits
    spot: tuple[float, float]
    is_in_use: bool
    changes: Sequence[Change]
    rest: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConfigsPage:
    in_use: Version
    versions: Sequence[Version]
    history: Sequence[Activation]
    may_change: bool


def build_page(store: Store, user: User) -> ConfigsPage:
    """Every configuration, the one in use first."""
    active = store.active_config()
    versions = [version for config in store.configs() if (version := version_of(config, active)) is not None]
    in_use = next(version for version in versions if version.is_in_use)
    history = list(reversed(store.activations(since=EVER)))
    return ConfigsPage(in_use, [version for version in versions if not version.is_in_use], history, may_change(user))


def may_change(user: User) -> bool:
    """Limits hold for every application, so they are for who may see them all."""
    return user.applications is None


def version_of(config: ConfigRecord, active: ConfigRecord) -> Version | None:
    """The card of a configuration; None for one that holds no limits anybody can use."""
    try:
        limits, in_use = limits_of(config.body), limits_of(active.body)
    except SettingsError:
        return None
    return Version(
        config=config,
        limits=limits,
        spot=spot_of(limits.thresholds),
        is_in_use=config.id == active.id,
        changes=changes(limits, in_use),
        rest=_rest(config.body, active.body),
    )


def spot_of(thresholds: Thresholds) -> tuple[float, float]:
    """Where (score, margin) stands in the picture: the strictest at the top right."""
    across = (thresholds.score - LOWEST_SCORE) / (1 - LOWEST_SCORE)
    return min(1.0, max(0.0, across)), 1 - min(1.0, thresholds.margin / WIDEST_MARGIN)


def changes(here: Limits, in_use: Limits) -> list[Change]:
    """What would be different, in the order of `LIMITS`."""
    ours, theirs = _values(here), _values(in_use)
    return [
        Change(name, ours[name], theirs[name], _side(name, ours[name], theirs[name]))
        for name in LIMITS
        if ours[name] != theirs[name]
    ]


def body_to_use(chosen: ConfigRecord, active: ConfigRecord) -> dict[str, Any]:
    """What comes into use when a configuration is chosen: its limits, on the readers and the model of today."""
    return with_limits(active.body, limits_of(chosen.body))


def _values(limits: Limits) -> dict[str, float]:
    parts = (limits.thresholds, limits.cache)
    return {item.name: getattr(part, item.name) for part in parts for item in fields(part)}


def _side(name: str, here: float, in_use: float) -> Side:
    """A higher threshold lets less through; so does a remembered place that ages sooner."""
    if name in ("max_entries", "candidate_floor"):
        return "other"
    is_higher = here > in_use
    is_stricter = not is_higher if name in ("max_age_days", "window_px") else is_higher
    return "stricter" if is_stricter else "looser"


def _rest(body: Mapping[str, Any], in_use: Mapping[str, Any]) -> dict[str, str]:
    named = {name: body.get(name) for name in ("readers", "language", "vlm")}
    return {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in named.items()
        if value and value != in_use.get(name)
    }
