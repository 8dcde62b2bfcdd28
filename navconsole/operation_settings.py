"""Settings of running the server: how long what is kept, backups, room on the disk, who may read its figures."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

from navigation.errors import SettingsError
from navigation.retention import LEAST_AUDIT_DAYS, MOST_AUDIT_DAYS, Retention

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MIB = 1 << 20
FLOOR_SHARE = 0.05
LOG_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class OperationSettings:
    """`purge_at` is the time of day (in the console's time zone) of the purge by age; None: none is made by itself.

    `backups` is where commands write backups and look for them unless another folder is named. Below `floor_bytes` of
    free room, or a twentieth of the disk if that is less, screenshots are refused.
    """

    retention: Retention = field(default_factory=Retention)
    purge_at: time | None = None
    backups: Path | None = None
    floor_bytes: int = 1024 * MIB
    metrics_from: tuple[Network, ...] = ()
    log_format: str = "text"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> OperationSettings:
        days = Retention()
        return cls(
            retention=Retention(
                pictures=whole(env, "NAVCONSOLE_KEEP_PICTURES_DAYS", days.pictures, low=1, high=3650),
                readings=whole(env, "NAVCONSOLE_KEEP_READINGS_DAYS", days.readings, low=1, high=3650),
                attempts=whole(env, "NAVCONSOLE_KEEP_ATTEMPTS_DAYS", days.attempts, low=1, high=3650),
                audit=whole(env, "NAVCONSOLE_KEEP_AUDIT_DAYS", days.audit, low=LEAST_AUDIT_DAYS, high=MOST_AUDIT_DAYS),
            ),
            purge_at=_time(env, "NAVCONSOLE_PURGE_AT"),
            backups=Path(env["NAVCONSOLE_BACKUPS"]) if env.get("NAVCONSOLE_BACKUPS") else None,
            floor_bytes=whole(env, "NAVCONSOLE_FLOOR_MIB", 1024, low=0, high=1 << 20) * MIB,
            metrics_from=_networks(env, "NAVCONSOLE_METRICS_FROM"),
            log_format=log_format(env),
        )


def log_format(env: Mapping[str, str]) -> str:
    """How log lines are written, for a program that reads no other setting yet."""
    return _word(env, "NAVCONSOLE_LOG_FORMAT", LOG_FORMATS)


def whole(env: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = env.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(
            name, "must be a whole number from {low} to {high}, not {text!r}", low=low, high=high, text=text
        )
    return int(text)


def _time(env: Mapping[str, str], name: str) -> time | None:
    text = env.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise SettingsError(name, "must be a time of day such as 02:30, not {text!r}", text=text)
    return time.fromisoformat(text)


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in env.get(name, "").split(",") if part.strip())
    except ValueError as err:
        raise SettingsError(name, "must be addresses or networks by comma, such as 10.1.2.0/24") from err


def _word(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = env.get(name, choices[0])
    if text not in choices:
        raise SettingsError(name, "must be one of {choices}", choices=", ".join(choices))
    return text
