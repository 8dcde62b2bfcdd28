"""Which of several equal texts is the one control among them, if their looks tell. Pure.

A tie is broken only when one text visibly is a control and every other one visibly is not: a heading, a word in a
sentence. Two that may both be pressed stay a tie, whatever else speaks for one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from navigation.looks import Look, kind_of_look, look_of, main_ground, usual_look
from navigation.types import Candidate, Page

_WIDE = 0.6  # of the screen's width: a wider box is a bar or a panel, not a button

_ALIKE = 32  # levels of a channel: lossy compression alone makes up to 25
_ONE_SIZE = 1.3  # letters 8 px high are measured to a pixel
_LARGER = 1.2  # times the height of the same text
_SENTENCE_ENDS = (".", ",", ";", ")", "]")  # but not "…", which a control may bear

Role = Literal["control", "heading", "inline", "text", "unknown"]
"""inline: a word in a sentence, drawn as the rest of it."""


def one_control(page: Page, tied: Sequence[Candidate]) -> Candidate | None:
    """The only candidate that looks like a control, when all others look like something that is only read."""
    looks = [look_of(page, c.text_box) for c in tied]
    roles = [_role(page, c, look) for c, look in zip(tied, looks, strict=True)]
    controls = [n for n, role in enumerate(roles) if role == "control"]
    if len(controls) == 1:
        others = [n for n in range(len(tied)) if n != controls[0]]
        if all(roles[n] in ("text", "inline", "heading") and not _alike(looks[n], looks[controls[0]]) for n in others):
            return tied[controls[0]]
        return None
    alone = [n for n, role in enumerate(roles) if role not in ("heading", "inline")]
    if controls or len(alone) != 1 or len(tied) != 2:
        return None
    other = 1 - alone[0]
    is_clear = roles[other] == "inline" or _is_larger(looks[other], looks[alone[0]])
    return tied[alone[0]] if is_clear else None


def is_in_box(page: Page, candidate: Candidate) -> bool:
    """Whether a candidate's text stands alone in a drawn box of the size of a button."""
    return candidate.box != candidate.text_box and candidate.box.w <= _WIDE * page.size.width


def _role(page: Page, candidate: Candidate, look: Look | None) -> Role:
    if is_in_box(page, candidate):
        return "control"
    usual = usual_look(page.words, look.ground) if look is not None else None
    ground = main_ground(page.words)
    if look is None or usual is None or ground is None:
        return "heading" if candidate.text_box.h >= 1.35 * _usual_height(page) else "text"
    kind = kind_of_look(look, usual, ground)
    if kind == "link":
        return "control"
    if kind == "heading":
        return "heading"
    if candidate.source.endswith(("piece", "part")) or candidate.text.rstrip().endswith(_SENTENCE_ENDS):
        return "inline"
    return "text" if kind == "plain" else "unknown"


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
