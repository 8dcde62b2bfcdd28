"""The audit log as CSV (RFC 4180) that a spreadsheet shows as text and never calculates."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping

from navigation.records import AuditEntry

HEAD = ("id", "time_utc", "actor", "actor_name", "action", "object_kind", "object_id", "source", "result", "details")
# What makes spreadsheets take a cell for a formula (OWASP, "CSV Injection"); an apostrophe before it makes it text.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def csv_lines(entries: Iterable[AuditEntry], names: Mapping[str, str]) -> Iterator[str]:
    """The head, then a line for each entry; `names` gives a person's name by id."""
    yield _line(HEAD)
    for entry in entries:
        event = entry.event
        yield _line(
            (
                str(entry.id),
                entry.at.isoformat(timespec="milliseconds"),
                event.actor,
                names.get(event.actor, ""),
                event.action,
                event.object_kind,
                event.object_id,
                event.source,
                event.result,
                json.dumps(event.details, ensure_ascii=False, sort_keys=True, default=dict) if event.details else "",
            )
        )


def as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(as_text, cells))
    return line.getvalue()
