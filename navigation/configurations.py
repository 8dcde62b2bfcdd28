"""What a configuration holds, and which part of it a person chooses. Pure.

The limits (thresholds and cache policy) are chosen; readers, language and model are what the server was set up with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, TypeVar

from navigation.errors import SettingsError
from navigation.settings import CachePolicy, Settings, Thresholds, VlmSettings

SERVER: Final = "server"
"""Who puts a configuration into use when the server starts; no person may have this name."""

_Kind = TypeVar("_Kind", Thresholds, CachePolicy)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person tunes: when to press, and when a remembered place counts."""

    thresholds: Thresholds
    cache: CachePolicy

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(settings.thresholds, settings.cache)

    def within(self, settings: Settings) -> Settings:
        """The same settings under these limits."""
        return replace(settings, thresholds=self.thresholds, cache=self.cache)


def body_of(settings: Settings) -> dict[str, Any]:
    """A configuration's body, as it is stored; equal bodies are one configuration."""
    vlm = settings.vlm
    return {
        **_limits(Limits.of(settings)),
        "readers": list(settings.readers),
        "language": settings.language,
        "vlm": vlm.model if vlm.base_url else "",
        **({"vlm_asked": _vlm_asked(vlm)} if vlm.base_url else {}),
    }


def limits_of(body: Mapping[str, Any]) -> Limits:
    """The limits in a stored body; what an older one does not name is as it is by default.

    Raises SettingsError when a value is not a limit.
    """
    return Limits(_read(Thresholds, body.get("thresholds", {})), _read(CachePolicy, body.get("cache", {})))


def with_limits(body: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """The body under other limits: how the limits of an older configuration come into use on the server of today."""
    return {**body, **_limits(limits)}


def _limits(limits: Limits) -> dict[str, Any]:
    return {"thresholds": asdict(limits.thresholds), "cache": asdict(limits.cache)}


def _vlm_asked(settings: VlmSettings) -> dict[str, Any]:
    """What a recorded reply is found by again, besides the model's name."""
    return {"convention": settings.convention, "y_first": settings.y_first, "max_side": settings.max_side}


def _read(kind: type[_Kind], values: Any) -> _Kind:
    known = {item.name for item in fields(kind)}
    if not isinstance(values, Mapping) or not all(isinstance(value, int | float) for value in values.values()):
        raise SettingsError(kind.__name__, "holds something that is not a number")
    return kind(**{name: value for name, value in values.items() if name in known})
