"""What the address of the audit log may say: who, what, which object, between which days, from where on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from navconsole.i18n import mark as _
from navigation.records import AuditFilter

FIELDS = ("who", "what", "object", "since", "until")
MAX_TEXT = 100
_WORD = re.compile(r"[a-z_]{1,40}")
ERRORS = {
    "text": _("At most 100 characters."),
    "choice": _("Not one of the choices."),
    "date": _("A date, such as 2026-03-31."),
    "order": _("The first is later than the second."),
    "twice": _("Given more than once."),
}


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """The filters as typed, what is wrong with them (field -> key of ERRORS), and the entry before which to begin."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    before: int | None = None

    def address(self, path: str, **more: object) -> str:
        """`path` with the filters and what is added."""
        pairs = [(name, self.values[name]) for name in FIELDS if name in self.values]
        pairs += [(name, str(value)) for name, value in more.items()]
        return f"{path}?{urlencode(pairs)}" if pairs else path


def parse_audit_query(args: MultiDict[str, str]) -> AuditQuery:
    """Read the address; unknown parameters are left out, wrong values are named in `errors`."""
    values = {name: args[name].strip() for name in FIELDS if args.get(name, "").strip()}
    errors = {name: "twice" for name in (*FIELDS, "before") if len(args.getlist(name)) > 1}
    errors |= {name: "text" for name in ("who", "object") if len(values.get(name, "")) > MAX_TEXT}
    if "what" in values and not _WORD.fullmatch(values["what"]):
        errors["what"] = "choice"
    days = {name: _day(values[name]) for name in ("since", "until") if name in values}
    errors |= {name: "date" for name, day in days.items() if day is None}
    since, until = days.get("since"), days.get("until")
    if since and until and since > until:
        errors["until"] = "order"
    before = args.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) < 18
    if before and not is_number:
        errors["before"] = "choice"
    return AuditQuery(values, errors, int(before) if is_number else None)


def to_audit_filter(query: AuditQuery, zone: ZoneInfo) -> AuditFilter:
    """The filter for the store. Days begin and end in the reader's zone; `until` is the day's end."""
    values = query.values
    since, until = _day(values.get("since", "")), _day(values.get("until", ""))
    return AuditFilter(
        actor=values.get("who", ""),
        action=values.get("what", ""),
        object_id=values.get("object", ""),
        since=_midnight(since, zone),
        until=_midnight(until + timedelta(days=1), zone) if until else None,
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=zone) if day else None
