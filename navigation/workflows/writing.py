"""A draft as the file of its profile, each field of it known by where it stands, so that what the file's checks find
wrong is told at its field. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from navigation.types import NormBox
from navigation.workflows.drafts import Draft, DraftScreen, DraftTarget, Line
from navigation.workflows.model import EVERY_LANGUAGE
from navigation.workflows.problems import Place

_PLAIN: Final = re.compile(r"[^\W\d_](?:[\w'’/-]| (?=[\w'’/-]))*")
"""Texts that mean themselves in YAML, within brackets too; every other one is put in quotes."""
_ESCAPED: Final = re.compile(r'["\\]')


@dataclass(frozen=True, slots=True)
class Written:
    """A file and where in it the fields begin, in order: "screens.0.present.1", "targets.2.kind"…"""

    text: str
    marks: Sequence[tuple[tuple[int, int], str]]

    def field_at(self, place: Place) -> str:
        """The field that stands at a place of the file, "" before the first."""
        index = bisect_right(self.marks, (place.line, place.column), key=lambda mark: mark[0])
        return self.marks[index - 1][1] if index else ""


def write_profile(draft: Draft, note: str = "") -> Written:
    """The file of a draft, whatever was typed into it; its note stands above, as comments."""
    pen = _Pen()
    for line in note.splitlines():
        pen.write(f"# {''.join(c if c.isprintable() else ' ' for c in line)}\n")
    pen.write("profile: ").mark("application").write(f"{_scalar(draft.application)}\n")
    pen.write("languages: ").mark("languages").write(f"[{', '.join(map(_scalar, draft.languages))}]\n\n")
    pen.mark("screens").write("screens:\n" if draft.screens else "screens: {}\n")
    for index, screen in enumerate(draft.screens):
        _write_screen(pen, f"screens.{index}", screen, draft.languages)
    pen.write("\n").mark("targets").write("targets:\n" if draft.targets else "targets: {}\n")
    for index, target in enumerate(draft.targets):
        _write_target(pen, f"targets.{index}", target, draft.languages)
    return Written("".join(pen.parts), pen.marks)


class _Pen:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: list[tuple[tuple[int, int], str]] = []
        self._line, self._column = 1, 1

    def write(self, text: str) -> _Pen:
        self.parts.append(text)
        *above, last = text.split("\n")
        self._line += len(above)
        self._column = len(last) + 1 if above else self._column + len(last)
        return self

    def mark(self, field: str) -> _Pen:
        self.marks.append(((self._line, self._column), field))
        return self

    def value(self, name: str, field: str, text: str) -> None:
        """A line of its own under the entry that is being written."""
        self.write(f"    {name}: ").mark(field).write(f"{text}\n")


def _write_screen(pen: _Pen, field: str, screen: DraftScreen, languages: Sequence[str]) -> None:
    pen.write("  ").mark(f"{field}.name").write(f"{_scalar(screen.name)}:\n    ").mark(f"{field}.present")
    _write_texts(pen, "present", f"{field}.present", screen.present, languages)
    if screen.absent:
        pen.write("    ")
        _write_texts(pen, "absent", f"{field}.absent", screen.absent, languages)
    if screen.banner is not None:
        pen.value("banner", f"{field}.patient", _box(screen.banner))
    if screen.is_without_patient:
        pen.value("without_patient", f"{field}.patient", "true")


def _write_target(pen: _Pen, field: str, target: DraftTarget, languages: Sequence[str]) -> None:
    pen.write("  ").mark(f"{field}.name").write(f"{_scalar(target.name)}:\n    ").mark(f"{field}.text")
    _write_texts(pen, "text", f"{field}.text", target.text, languages)
    if target.synonyms:
        pen.write("    ")
        _write_texts(pen, "synonyms", f"{field}.synonyms", target.synonyms, languages)
    if target.kind != "clickable":
        pen.value("kind", f"{field}.kind", target.kind)
    if target.is_secret:
        pen.value("secret", f"{field}.kind", "true")
    if target.region is not None:
        pen.value("region", f"{field}.region", _box(target.region))
    if target.allow_disabled:
        pen.value("allow_disabled", f"{field}.allow_disabled", "true")


def _write_texts(pen: _Pen, name: str, field: str, lines: Sequence[Line], languages: Sequence[str]) -> None:
    """One text or a list where every line is of all languages, else the same for each language that has any."""
    numbered = list(enumerate(lines))
    pen.write(f"{name}: ").mark(field)
    if all(line.language == EVERY_LANGUAGE for line in lines):
        _write_list(pen, field, numbered)
    else:
        named = dict.fromkeys((*languages, *(line.language for line in lines if line.language)))
        chosen = {one: [each for each in numbered if each[1].language in ("", one)] for one in named}
        pen.write("{")
        for index, (language, some) in enumerate((one, some) for one, some in chosen.items() if some):
            pen.write(", " if index else "").mark(f"{field}.{some[0][0]}").write(f"{_scalar(language)}: ")
            _write_list(pen, field, some)
        pen.write("}")
    pen.write("\n")


def _write_list(pen: _Pen, field: str, lines: Sequence[tuple[int, Line]]) -> None:
    is_one = len(lines) == 1
    pen.write("" if is_one else "[")
    for position, (index, line) in enumerate(lines):
        pen.write(", " if position else "").mark(f"{field}.{index}").write(_scalar(line.text))
    pen.write("" if is_one else "]")


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    quoted = _ESCAPED.sub(r"\\\g<0>", text)
    return f'"{"".join(c if c.isprintable() else _escape(c) for c in quoted)}"'


def _escape(character: str) -> str:
    return f"\\U{ord(character):08X}"


def _box(box: NormBox) -> str:
    return f"[{', '.join(f'{side:.6f}'.rstrip('0').rstrip('.') for side in (box.x, box.y, box.w, box.h))}]"
