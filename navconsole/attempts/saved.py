"""Saved views of the list, as the menu shows them. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from navconsole.attempts.forms import AttemptQuery
from navconsole.auth.permissions import may_see
from navigation.ids import new_id
from navigation.records import SavedView, User

MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class ViewLink:
    """`owner` is who shares it, "" for one's own."""

    id: str
    name: str
    href: str
    owner: str
    is_shared: bool
    is_current: bool


def new_view(user: User, name: str, query: AttemptQuery, *, is_shared: bool, now: datetime) -> SavedView:
    return SavedView(new_id(), user.id, user.name, name, urlencode(query.pairs()), is_shared, now)


def may_share(user: User) -> bool:
    """Those who decide what is looked at; everybody may keep views of their own."""
    return user.role in ("engineer", "admin")


def menu_of(views: Sequence[SavedView], user: User, query: AttemptQuery) -> list[ViewLink]:
    """The views that this person may see: of others', those about an application of theirs."""
    here = urlencode(query.pairs())
    return [
        ViewLink(
            view.id,
            view.name,
            f"/attempts?{view.address}" if view.address else "/attempts",
            "" if view.owner_id == user.id else view.owner,
            view.is_shared,
            view.address == here,
        )
        for view in views
        if view.owner_id == user.id or _is_about_theirs(view, user)
    ]


def _is_about_theirs(view: SavedView, user: User) -> bool:
    """Somebody who may not see everything sees no word of a view that may tell of the rest."""
    applications = parse_qs(view.address).get("application", [])
    return user.applications is None or bool(applications and all(may_see(user, name) for name in applications))
