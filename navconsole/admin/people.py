"""What the pages about people show. Plain values; no request, no store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from navconsole.admin.words import ROLE_NAMES
from navigation.records import User


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One line of the list. `applications` is None for every one; `lacks_factor`: the role asks for one."""

    id: str
    name: str
    role: str
    applications: Sequence[str] | None
    is_active: bool
    has_password: bool
    has_factor: bool
    lacks_factor: bool


def person_line(user: User, owners: Collection[str], required_roles: Collection[str]) -> PersonLine:
    has_factor = user.id in owners
    return PersonLine(
        id=user.id,
        name=user.name,
        role=ROLE_NAMES[user.role],
        applications=user.applications,
        is_active=user.is_active,
        has_password=user.password_hash is not None,
        has_factor=has_factor,
        lacks_factor=user.role in required_roles and not has_factor,
    )
