"""What every HTML answer must satisfy: unique ids, targets that exist, named controls, no inline code."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
NAMED = ("button", "a")


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    text: str = ""


@dataclass
class _Reader(HTMLParser):
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data.strip()


def elements_of(html: str) -> list[Element]:
    reader = _Reader()
    reader.feed(html)
    return reader.elements


def plain_texts(html: str) -> list[str]:
    """What a page says by itself: texts, and the attributes that are read out or shown."""
    reader = _Texts()
    reader.feed(html)
    return [text.strip() for text in reader.found if text.strip()]


CODE = ("code", "kbd")
"""Elements whose text is no language's."""


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.code += tag in CODE
        shown = ("alt", "aria-label", "placeholder", "title")
        self.found += [
            value or "" for name, value in attrs if name in shown or (name.startswith("data-") and " " in (value or ""))
        ]

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag in CODE

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.found.append(data)


def problems(html: str, *, is_whole: bool) -> list[str]:
    """What is wrong with a page (`is_whole`) or a fragment; empty when nothing is."""
    elements = elements_of(html)
    ids = [e.attrs["id"] for e in elements if "id" in e.attrs]
    found = [f"id {i} stands {ids.count(i)} times" for i in set(ids) if ids.count(i) > 1]
    for element in elements:
        found += _problems_of(element, set(ids), is_whole)
    forms = sum(e.tag == "form" and e.attrs.get("method") == "post" for e in elements)
    tokens = sum(e.tag == "input" and e.attrs.get("name") == "csrf_token" for e in elements)
    if forms != tokens:
        found.append(f"{forms} post forms have {tokens} tokens")
    return found


def _problems_of(element: Element, ids: set[str], is_whole: bool) -> list[str]:
    attrs, found = element.attrs, []
    found += [f"{element.tag} has {name}" for name in attrs if name.startswith("on") or name == "style"]
    if element.tag == "style" or (element.tag == "script" and "src" not in attrs):
        found.append(f"inline {element.tag}")
    if element.tag in NAMED and not (element.text or attrs.get("aria-label")):
        found.append(f"{element.tag} without a name")
    if element.tag == "img" and "alt" not in attrs:
        found.append("img without alt")
    target = attrs.get("hx-target", "")
    if is_whole and target.startswith("#") and target[1:] not in ids:
        found.append(f"hx-target {target} is not there")
    if any(name in attrs for name in ("hx-get", "hx-post")) and not target:
        found.append(f"{element.tag} swaps without hx-target")
    for name in ("for", "aria-describedby", "aria-labelledby", "popovertarget"):
        missing = [named for named in (attrs.get(name) or "").split() if named not in ids]
        if is_whole and missing:
            found.append(f"{name}={' '.join(missing)} is not there")
    is_shown_input = element.tag in ("input", "select") and attrs.get("type") not in ("hidden", "radio", "checkbox")
    if is_whole and is_shown_input and not ({"aria-label", "aria-hidden"} & set(attrs) or attrs.get("id")):
        found.append(f"{element.tag} {attrs.get('name')} without a label")
    return found
