"""What a person means who points at a place of a captured screen: the text to know it by, and whether it is a field.
Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from navigation.fields import field_of, find_fields
from navigation.geometry import distance, share_inside
from navigation.textfold import fold
from navigation.types import Box, Control, Page, Phrase, TargetKind

_INSIDE = 0.6  # share of a text that lies in what was pointed at
_SAME = 0.8
_MAX_NAME = 40


@dataclass(frozen=True, slots=True)
class Pointed:
    """`text` is one that was read as a whole, so that the engine finds it again."""

    text: str
    kind: TargetKind = "clickable"


def pointed_at(box: Box, page: Page) -> Pointed | None:
    """The text in a box (pixels), or the label of the input that the box is; None where nothing was read.

    Of several texts in the box it is the largest.
    """
    fields = find_fields(page)
    for field in fields:
        if min(share_inside(field.box, box), share_inside(box, field.box)) < _SAME:
            continue
        whole = (phrase for phrase in page.phrases if phrase.source.endswith("page"))
        labels = [p for p in whole if (found := field_of(p, fields, page)) and found[0].box == field.box]
        if labels:
            return Pointed(min(labels, key=lambda p: distance(p.box, field.box)).text, "field")
    inside = [phrase for phrase in page.phrases if share_inside(phrase.box, box) > _INSIDE]
    return Pointed(max(inside, key=lambda phrase: phrase.box.area).text) if inside else None


def pressable(page: Page) -> list[Control]:
    """The controls that may be meant as a whole: those with one line of text in them, or none. A pane or a card with
    several is only where texts stand."""
    lines = [phrase.box for phrase in page.phrases if phrase.source.endswith("page")]
    return [one for one in page.controls if sum(share_inside(line, one.box) > _INSIDE for line in lines) <= 1]


def texts_of(page: Page) -> list[str]:
    """The texts of a page that can be chosen from a list, in reading order, each once."""
    ordered = sorted(page.phrases, key=_in_reading_order)
    return list(dict.fromkeys(phrase.text for phrase in ordered if any(map(str.isalnum, phrase.text))))


def name_for(text: str, taken: Collection[str]) -> str:
    """A name as files want it (letters, digits, hyphens) for what bears a text; one that is not taken yet."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:_MAX_NAME].strip("-")
    slug = slug if slug[:1].isalpha() else f"text-{slug}".strip("-")
    numbers = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (slug, *numbers) if name not in taken)


def _in_reading_order(phrase: Phrase) -> tuple[int, int]:
    return phrase.box.y // 12, phrase.box.x
