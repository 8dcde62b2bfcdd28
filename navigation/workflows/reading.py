"""From a document's tree to checked values. What is wrong is noted and reading goes on: an author sees it all."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from navigation.types import NormBox
from navigation.workflows.document import Node
from navigation.workflows.problems import Place, Problem, harmless

MAX_TEXT: Final = 200
"""Characters of a target or an anchor, as in an action."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)


class Reader:
    """Reads values and collects what is wrong; a value that cannot be used is given as None or left out."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, code: str, place: Place, **values: object) -> None:
        self.problems.append(Problem(code, place, values))

    def fields(self, node: Node, known: Sequence[str], required: Sequence[str] = ()) -> Mapping[str, Node]:
        """The values of a mapping under known names; others, and required ones that are not there, are noted."""
        if not isinstance(node.value, Mapping):
            self.wrong("not_mapping", node.place)
            return {}
        for name, place in node.names.items():
            if name not in known:
                self.wrong("unknown", place, name=harmless(name), known=", ".join(known))
        for name in required:
            if name not in node.value:
                self.wrong("missing", node.place, name=name)
        return {name: value for name, value in node.value.items() if name in known}

    def named(self, node: Node, most: int) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping whose names the author chose."""
        if not isinstance(node.value, Mapping):
            self.wrong("not_mapping", node.place)
            return
        if len(node.value) > most:
            self.wrong("too_many", node.place, limit=most)
        for name, value in node.value.items():
            if self.name_at(name, node.names[name]):
                yield name, value

    def items(self, node: Node, most: int) -> Sequence[Node]:
        if isinstance(node.value, str | Mapping):
            self.wrong("not_list", node.place)
            return ()
        if len(node.value) > most:
            self.wrong("too_many", node.place, limit=most)
        return node.value

    def text(self, node: Node, most: int = MAX_TEXT) -> str | None:
        if not isinstance(node.value, str):
            self.wrong("not_a_text", node.place)
        elif not node.value.strip():
            self.wrong("blank", node.place)
        elif len(node.value) > most:
            self.wrong("too_long", node.place, limit=most)
        elif not node.value.isprintable():
            self.wrong("unprintable", node.place)
        else:
            return node.value
        return None

    def texts(self, node: Node, most: int = 50) -> tuple[str, ...]:
        """One text, or a list of them."""
        entries = (node,) if isinstance(node.value, str) else self.items(node, most)
        return tuple(text for entry in entries if (text := self.text(entry)) is not None)

    def name(self, node: Node) -> str | None:
        text = self.text(node)
        return text if text is not None and self.name_at(text, node.place) else None

    def name_at(self, name: str, place: Place) -> bool:
        if _NAME.fullmatch(name):
            return True
        self.wrong("not_a_name", place, name=harmless(name))
        return False

    def choice(self, node: Node, known: Collection[str]) -> str | None:
        text = self.text(node)
        if text is None or text in known:
            return text
        self.wrong("not_a_choice", node.place, name=harmless(text), known=", ".join(sorted(known)))
        return None

    def flag(self, node: Node) -> bool:
        if node.value not in ("true", "false"):
            self.wrong("not_a_flag", node.place)
        return node.value == "true"

    def number(self, node: Node, low: float, high: float, *, is_whole: bool = False) -> float | None:
        value = float(node.value) if isinstance(node.value, str) and _NUMBER.fullmatch(node.value) else math.nan
        if low <= value <= high and (not is_whole or value.is_integer()):
            return value
        self.wrong("not_a_number", node.place, low=f"{low:g}", high=f"{high:g}")
        return None

    def box(self, node: Node) -> NormBox | None:
        parts = node.value if isinstance(node.value, Sequence) and not isinstance(node.value, str) else ()
        numbers = [float(part.value) for part in parts if isinstance(part.value, str) and _NUMBER.fullmatch(part.value)]
        if len(parts) == len(numbers) == 4:
            x, y, w, h = numbers
            if w > 0 and h > 0 and x + w <= 1 + math.ulp(8) and y + h <= 1 + math.ulp(8):
                return NormBox(x, y, w, h)
        self.wrong("not_a_box", node.place)
        return None
