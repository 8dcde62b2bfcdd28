"""Which input belongs to a label: beside it, under it, or holding it as placeholder. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from navigation.geometry import contains, horizontal_overlap, share_inside, union, vertical_overlap
from navigation.types import Box, Control, Page, Phrase

_TICK = (9, 28)  # px; side of a tick box or radio button
_MIN_INPUT = (28, 15)
_MAX_INPUT_HEIGHT = 320
_MAX_BELOW = 2.6  # of the label's height, from the label's bottom to the input's top
_MAX_BELOW_HELP = 9.0  # the same with lines of help between them
_HELP_LENGTH = 28  # characters
_MAX_BESIDE = 26  # of the label's height, from the label's right to the input's left
_MAX_TICK_GAP = 2.2
_MAX_AFTER_LENS = 2.5  # of the larger height, from a magnifying glass to its text


@dataclass(frozen=True, slots=True)
class Field:
    """An input; `text` is what stands in it (value or placeholder), None when it is empty."""

    box: Box
    is_tick: bool
    text: Phrase | None


def find_fields(page: Page) -> tuple[Field, ...]:
    """What looks like an input: a rectangle that is empty or whose text starts at its left edge, or a search text."""
    drawn = tuple(f for c in page.controls if c.kind != "lens" and (f := _as_field(c, page)) is not None)
    bare = (f for c in page.controls if c.kind == "lens" and (f := _after_lens(c.box, page)) is not None)
    return drawn + tuple(f for f in bare if not any(_holds(d, f.text) for d in drawn))


def field_of(label: Phrase, fields: Sequence[Field], page: Page) -> tuple[Field, str] | None:
    """The input that belongs to a label and how it lies ("inside", "beside", "below", "tick"), or None."""
    for field in sorted(fields, key=lambda f: f.box.area):
        if not field.is_tick and share_inside(label.box, field.box) > 0.8:
            return (field, "inside") if _is_own_text(label, field) else None
    ranked = sorted(
        (cost, how, index)
        for index, field in enumerate(fields)
        if (found := _relation(label.box, field)) is not None
        for cost, how in [found]
    )
    for _cost, how, index in ranked:
        field = fields[index]
        if not _stands_between(label.box, field, page):
            return field, how
    return None


def _after_lens(lens: Box, page: Page) -> Field | None:
    """A search input without a border: a magnifying glass and the text right after it, up to the text's end."""
    after = [
        p for p in page.phrases
        if p.source.endswith("page")
        and vertical_overlap(p.box, lens) >= 0.5
        and 0 <= p.box.x - lens.right <= _MAX_AFTER_LENS * max(p.box.h, lens.h)
        and p.box.h <= 2 * lens.h
    ]  # fmt: skip
    if not after:
        return None
    text = min(after, key=lambda p: (p.box.x, -p.box.w))
    return Field(union((lens, text.box)), False, text)


def _holds(field: Field, text: Phrase | None) -> bool:
    return text is not None and share_inside(text.box, field.box) > 0.8


def _as_field(control: Control, page: Page) -> Field | None:
    box = control.box
    if _TICK[0] <= box.w <= _TICK[1] and _TICK[0] <= box.h <= _TICK[1] and 0.75 <= box.w / box.h <= 1.34:
        inside_word = any(share_inside(box, w.box) > 0.5 and sum(map(str.isalpha, w.text)) >= 2 for w in page.words)
        return None if inside_word else Field(box, True, None)
    if box.w < _MIN_INPUT[0] or not _MIN_INPUT[1] <= box.h <= _MAX_INPUT_HEIGHT or box.w < 1.2 * box.h:
        return None
    lines = _whole_lines(box, page)
    inner = [c.box for c in page.controls if c.box != box and contains(box, c.box) and _is_inner_control(box, c.box)]
    if any(not _is_halo(c, page) for c in inner):
        return None  # a panel
    if not lines:
        return Field(box, False, None)
    if control.kind == "button":
        return None
    first = lines[0]
    starts_left = first.box.x - box.x <= max(16, 0.12 * box.w) + 0.6 * box.h
    room_right = box.right - first.box.right
    is_centred = abs((first.box.x - box.x) - room_right) <= 0.25 * max(first.box.x - box.x, room_right)
    is_wide_text = box.w >= 200 and first.box.w >= 0.6 * box.w
    has_room = room_right > first.box.x - box.x and not is_centred
    is_input = starts_left and (has_room or is_wide_text) and len(lines) <= 12
    return Field(box, False, first) if is_input else None


def _is_inner_control(outer: Box, inner: Box) -> bool:
    """A control of its own inside another; not the arrow or button that closes an input at its right end."""
    if inner.w < 30 or inner.h < 14:
        return False
    return not (inner.h >= 0.8 * outer.h and outer.right - inner.right <= 4 and inner.w <= 0.4 * outer.w)


def _is_halo(box: Box, page: Page) -> bool:
    """Whether a box is what lossy compression draws closely around the letters of a text."""
    return any(contains(box, p.box, slack=2) and box.w <= p.box.w + 12 and box.h <= p.box.h + 6 for p in page.phrases)


def _whole_lines(box: Box, page: Page) -> list[Phrase]:
    """The widest phrase of each line inside a box, top to bottom."""
    lines: list[Phrase] = []
    for phrase in sorted(page.phrases, key=lambda p: -p.box.area):
        if (
            not phrase.source.endswith(("page", "part"))
            or share_inside(phrase.box, box) <= 0.7
            or sum(map(str.isalnum, phrase.text)) < 2
        ):
            continue
        if not any(vertical_overlap(phrase.box, other.box) > 0.5 for other in lines):
            lines.append(phrase)
    return sorted(lines, key=lambda p: p.box.y)


def _is_own_text(label: Phrase, field: Field) -> bool:
    return field.text is not None and (
        share_inside(label.box, field.text.box) > 0.6 or share_inside(field.text.box, label.box) > 0.6
    )


def _relation(label: Box, field: Field) -> tuple[float, str] | None:
    """How far an input is from a label in the label's heights, or None when it lies where no form puts it."""
    box, height = field.box, max(10, label.h)
    if field.is_tick:
        gap = label.x - box.right
        beside = vertical_overlap(label, box) >= 0.5 and -2 <= gap <= _MAX_TICK_GAP * height
        return (gap / height, "tick") if beside else None
    below = (box.y - label.bottom) / height
    starts_alike = abs(box.x - label.x) <= 2.0 * height or (horizontal_overlap(label, box) > 0.9 and box.x <= label.x)
    if -0.2 <= below <= (_MAX_BELOW_HELP if abs(box.x - label.x) <= 6 else _MAX_BELOW) and starts_alike:
        return (max(0.0, below), "below")
    room = (box.x - label.right) / height
    same_row = vertical_overlap(label, box) >= 0.5 or 0 <= label.y - box.y <= 1.2 * height
    if same_row and -0.3 <= room <= _MAX_BESIDE:
        return (0.25 * max(0.0, room), "beside")
    return None


def _stands_between(label: Box, field: Field, page: Page) -> bool:
    """Whether another text stands between a label and an input, which then is that text's input."""
    if field.is_tick:
        return False
    box = field.box
    beside = vertical_overlap(label, box) > 0 and box.x >= label.right - 4
    for phrase in page.phrases:
        other = phrase.box
        if (
            not phrase.source.endswith(("page", "part"))
            or sum(map(str.isalnum, phrase.text)) < 2
            or share_inside(other, label) > 0.3
        ):
            continue
        if share_inside(label, other) > 0.3 or share_inside(other, box) > 0.3:
            continue
        if beside:
            in_gap = other.x >= label.right - 2 and other.right <= box.x + 4
            if in_gap and vertical_overlap(other, label) > 0.5:
                return True
            continue
        between = other.y >= label.bottom - 3 and other.bottom <= box.y + 3 and horizontal_overlap(other, label) > 0.3
        if between and not _is_help(phrase):
            return True
    return False


def _is_help(phrase: Phrase) -> bool:
    """Whether a text between a label and its input explains the input rather than naming another one."""
    return len(phrase.text) >= _HELP_LENGTH or phrase.text.rstrip().endswith(".")
