"""What a check found: one sentence that says what it means and what to do, for a person and for a program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import click

from navconsole.i18n import mark as _
from navconsole.terminal import gettext

Level = Literal["ok", "note", "warning", "failure"]
MARKS: Final[Mapping[Level, str]] = {
    "ok": _("fine"),
    "note": _("note"),
    "warning": _("look"),
    "failure": _("FAILS"),
}
STYLES: Final[Mapping[Level, dict[str, Any]]] = {
    "ok": {"fg": "green"},
    "note": {},
    "warning": {"fg": "yellow"},
    "failure": {"fg": "red", "bold": True},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is its stable name; `text` an English sentence, an id of the catalogues, with `%(name)s` places."""

    code: str
    level: Level
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def sentence(self) -> str:
        return gettext(self.text, **self.values)


def has_failed(findings: Iterable[Finding]) -> bool:
    return any(found.level == "failure" for found in findings)


def show(findings: Sequence[Finding], *, as_json: bool, more: Mapping[str, Any] | None = None) -> None:
    """Print findings: a line each with its mark, or JSON with `more` beside them."""
    if as_json:
        lines = [{"check": one.code, "level": one.level, "says": one.sentence(), **one.values} for one in findings]
        click.echo(json.dumps({"ok": not has_failed(findings), "checks": lines, **(more or {})}, ensure_ascii=False,
                              indent=2, default=str))  # fmt: skip
        return
    width = max(len(gettext(name)) for name in MARKS.values())
    for one in findings:
        name = click.style(gettext(MARKS[one.level]).ljust(width), **STYLES[one.level])
        click.echo(f"{name}  {one.sentence()}")
