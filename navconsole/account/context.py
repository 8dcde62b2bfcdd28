"""What the page of one's own account shows. Plain values; no request, no store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from navconsole.settings import ConsoleSettings
from navigation.records import SecondFactor, User, WebSession

FEW_CODES = 3


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One open session; `is_this` is the one that asks."""

    id: str
    since: datetime
    seen: datetime
    source: str
    is_this: bool
    is_partial: bool


@dataclass(frozen=True, slots=True)
class FactorState:
    """`is_required` by the role; `since` is None when there is none. `has_few_codes`: time for new ones."""

    is_required: bool
    since: datetime | None
    recovery_left: int
    has_few_codes: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """After how long a session ends: without a request, and in any case."""

    idle_minutes: int
    absolute_hours: int


def session_lines(found: Sequence[WebSession], this: str) -> list[SessionLine]:
    """The session that asks first, then as given."""
    lines = [SessionLine(s.id, s.created_at, s.seen_at, s.source, s.id == this, s.is_partial) for s in found]
    return sorted(lines, key=lambda line: not line.is_this)


def factor_state(user: User, factor: SecondFactor | None, settings: ConsoleSettings) -> FactorState:
    left = factor.recovery_left if factor else 0
    return FactorState(
        is_required=user.role in settings.second_factor_roles,
        since=factor.created_at if factor else None,
        recovery_left=left,
        has_few_codes=factor is not None and left <= FEW_CODES,
    )


def limits(settings: ConsoleSettings) -> Limits:
    return Limits(settings.session_idle // timedelta(minutes=1), settings.session_absolute // timedelta(hours=1))
