"""What the dashboard's address may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

SPANS = (7, 30, 90)
DEFAULT_SPAN = 30
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class DashboardQuery:
    """`application` and `screen` of "" are every one; `days` is how far back."""

    application: str = ""
    screen: str = ""
    days: int = DEFAULT_SPAN

    def address(self, **changes: object) -> str:
        """The dashboard's address with some of it changed."""
        values = {"application": self.application, "screen": self.screen, "days": self.days} | changes
        said = {name: value for name, value in values.items() if value and (name, value) != ("days", DEFAULT_SPAN)}
        return f"/dashboard?{urlencode(said)}" if said else "/dashboard"


def parse_query(values: Mapping[str, str]) -> DashboardQuery | None:
    """The query of an address; None when it cannot be understood."""
    application, screen = values.get("application", ""), values.get("screen", "")
    days = values.get("days", str(DEFAULT_SPAN))
    if days not in map(str, SPANS) or max(len(application), len(screen)) > MAX_NAME:
        return None
    return DashboardQuery(application, screen if application else "", int(days))
