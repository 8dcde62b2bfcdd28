"""Which of several equal texts is the one control among them, if their looks tell. Pure.

A tie is broken only when one text visibly is a control and every other one visibly is not: a heading, a word in a
sentence. Two that may both be pressed stay a tie, whatever else speaks for one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from navigation.geometry import vertical_overlap
from navigation.looks import (
    Look,
    Rgb,
    Usual,
    contrast,
    kind_of_look,
    look_distance,
    look_of,
    main_ground,
    usual_look,
)
from navigation.matching import EXACT, LOOK_ALIKE, is_other_case
from navigation.types import Candidate, Page

_WIDE = 0.6  # of the screen's width: a wider box is a bar or a panel, not a button

_ALIKE = 32  # levels of a channel: lossy compression alone makes up to 25
_ONE_SIZE = 1.3  # letters 8 px high are measured to a pixel
_LARGER = 1.2  # times the height of the same text
_SENTENCE_ENDS = (".", ",", ";", ")", "]")  # but not "…", which a control may bear
_PATH_SIGNS = "›»/>"
_OTHER_TONE = 3.0  # contrast of two grounds, one light and one dark
_ENTRIES = 4  # texts in a column from which it is a menu
_ENTRY_PITCH = 1.7  # em from entry to entry; lines of a text are 1.65 apart at most

Role = Literal["control", "heading", "inline", "text", "unknown"]
"""inline: a word in a sentence, drawn as the rest of it."""


def one_control(page: Page, tied: Sequence[Candidate], asked: Sequence[str]) -> Candidate | None:
    """The only candidate that looks like a control, when all others look like something that is only read.

    Also the only one that is written as one of the texts `asked`, and not in capitals where they are not or the other
    way round, when it looks like a control and none of the others does, as far as their looks are known. A candidate
    that reads less like the target than another is never chosen over it.
    """
    looks = [look_of(page, c.text_box) for c in tied]
    roles = [_role(page, c, look, asked) for c, look in zip(tied, looks, strict=True)]
    controls = [n for n, role in enumerate(roles) if role == "control"]
    alone = controls or [n for n, role in enumerate(roles) if role not in ("heading", "inline")]
    if len(alone) != 1:
        return None
    number = alone[0]
    others = [n for n in range(len(tied)) if n != number]
    if tied[number].score < max(tied[n].score for n in others) - (EXACT - LOOK_ALIKE):
        return None
    if not controls:
        is_clear = len(tied) == 2 and (roles[others[0]] == "inline" or _is_larger(looks[others[0]], looks[number]))
    elif all(is_other_case(text, tied[n].text) for text in asked for n in others):
        is_clear = all(roles[n] != "unknown" or _alike(looks[n], looks[number]) for n in others)
    else:
        is_clear = all(roles[n] != "unknown" and not _alike(looks[n], looks[number]) for n in others)
    return tied[number] if is_clear else None


def is_in_box(page: Page, candidate: Candidate) -> bool:
    """Whether a candidate's text stands alone in a drawn box of the size of a button."""
    return candidate.box != candidate.text_box and candidate.box.w <= _WIDE * page.size.width


def _role(page: Page, candidate: Candidate, look: Look | None, asked: Sequence[str]) -> Role:
    if is_in_box(page, candidate):
        return "control"
    usual = usual_look(page.words, look.ground) if look is not None else None
    ground = main_ground(page.words)
    if look is None or usual is None or ground is None:
        return "heading" if candidate.text_box.h >= 1.35 * _usual_height(page) else "text"
    is_other = candidate.source.endswith("piece") and all(is_other_case(text, candidate.text) for text in asked)
    kind = kind_of_look(look, usual, ground)
    if not is_other and (kind == "link" or _is_of_links_colour(page, look, usual, ground)):
        return "control"
    if kind == "heading":
        return "heading"
    if is_other or candidate.source.endswith(("piece", "part")) or _ends_a_sentence(candidate.text, asked):
        return "inline"
    if _is_last_of_path(page, candidate, look):
        return "text"
    if _is_menu_entry(page, candidate, look, ground):
        return "control"
    return "text" if kind == "plain" else "unknown"


def _ends_a_sentence(text: str, asked: Sequence[str]) -> bool:
    """Whether a text ends with a sign that only a sentence gives it: the texts asked for do not end so."""
    last = text.rstrip()[-1:]
    return last in _SENTENCE_ENDS and not any(a.rstrip().endswith(last) for a in asked)


def _is_of_links_colour(page: Page, look: Look, usual: Usual, ground: Rgb) -> bool:
    """Whether a text on a ground where every text is coloured has the colour that links have on the main ground."""
    main = usual_look(page.words, ground)
    if main is None or look_distance(look.ink, usual.ink) > _ALIKE:
        return False
    return kind_of_look(replace(look, ground=ground), main, ground) == "link" and any(
        w.ink is not None and w.ground is not None
        and look_distance(w.ink, look.ink) <= _ALIKE and look_distance(w.ground, ground) <= _ALIKE
        for w in page.words
    )  # fmt: skip


def _is_last_of_path(page: Page, candidate: Candidate, look: Look) -> bool:
    """Whether a text is the end of a path, drawn otherwise than the steps before it: where one is, not a link."""
    text = candidate.text_box
    line = sorted((w for w in page.words if vertical_overlap(w.box, text) > 0.5), key=lambda w: w.box.x)
    near = 3 * text.h
    before = [w for w in line if w.box.right <= text.x + 2 and text.x - w.box.right <= near]
    if len(before) < 2 or any(0 <= w.box.x - text.right <= near for w in line):
        return False
    sign, step = before[-1], before[-2]
    is_path = all(c in _PATH_SIGNS for c in sign.text)
    return is_path and step.ink is not None and look_distance(step.ink, look.ink) > _ALIKE


def _is_menu_entry(page: Page, candidate: Candidate, look: Look, ground: Rgb) -> bool:
    """Whether a text is one of a column drawn alike on a panel in the opposite tone: lines of a text stand closer."""
    if contrast(look.ground, ground) < _OTHER_TONE:
        return False
    own = candidate.text_box
    column = sorted(
        w.box.y
        for w in page.words
        if abs(w.box.x - own.x) <= look.size
        and w.ink is not None and w.ground is not None
        and max(look_distance(w.ink, look.ink), look_distance(w.ground, look.ground)) <= _ALIKE
    )  # fmt: skip
    is_spaced = all(below - above >= _ENTRY_PITCH * look.size for above, below in pairwise(column))
    return len(column) >= _ENTRIES and is_spaced


def _is_larger(heading: Look | None, text: Look | None) -> bool:
    """Whether a heading is surely set larger than the text it is compared with."""
    return heading is None or text is None or heading.size >= _LARGER * text.size


def _alike(a: Look | None, b: Look | None) -> bool:
    """Whether two texts are drawn so much alike that one cannot be a control and the other not."""
    if a is None or b is None:
        return False
    steps = [abs(x - y) for x, y in zip((*a.ink, *a.ground), (*b.ink, *b.ground), strict=True)]
    is_one_size = max(a.size, b.size) <= _ONE_SIZE * min(a.size, b.size)
    return max(steps) <= _ALIKE and a.is_underlined == b.is_underlined and is_one_size


def _usual_height(page: Page) -> float:
    heights = sorted(p.box.h for p in page.phrases if p.source == "page" and len(p.text) > 3)
    return float(heights[len(heights) // 2]) if heights else 1e9
