"""Masked copies of cases: nobody is known from them and the engine's verdict is what it was; or the reason why not.

All cases on one picture share one masked copy, which is read once. A case whose verdict the copy changes is tried once
more alone, without made-up text; then it stays behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np

from navigation.cases import NavCase, PictureRef
from navigation.engine import Engine
from navigation.geometry import contains_point, grow, share_inside
from navigation.imaging import Screenshot, pixel_sha256
from navigation.packs.needs import Needs, needs_after, needs_before, read_in
from navigation.packs.painting import PAD, Style, painted
from navigation.packs.persons import has_parameters, looks_personal, texts_of
from navigation.packs.running import CaseResult, run_case
from navigation.protocols import RgbImage
from navigation.textfold import fold, skeleton
from navigation.types import Box, Page, Size

Left = Literal["picture", "personal_asked", "personal_shown", "parameters", "changed", "shows_through", "reader"]
"""Why a case stays behind: its picture is gone; what it asks, or what must stay on the picture, may name a person; it
asks for a value of the moment; the verdict changes; a word of the original can still be read; the reader failed."""

_READABLE: Final = 4  # letters or digits from which a word of the original must not be read on the copy
_AT_ITS_PLACE: Final = 0.6

Judge = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class MaskedCase:
    """A case that may go out: it names the masked pictures, whose pixels are in `pictures` by id."""

    case: NavCase
    pictures: Mapping[str, RgbImage] = field(repr=False)
    style: Style


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A case that may not, and why; `text` is the one that may name a person, for who may see it."""

    case_id: str
    why: Left
    text: str = ""


Answer = MaskedCase | LeftBehind


@dataclass(frozen=True, slots=True)
class _Known:
    """A case judged on its own pictures."""

    case: NavCase
    result: CaseResult
    shots: tuple[Screenshot, ...]
    pages: tuple[Page, ...]
    needs: tuple[Needs, ...]


class Masker:
    """Masks cases with one engine.

    Args:
        engine: decides with the limits that the pack is to be run with.
        picture: the stored picture of an id, or None when it is gone.
        is_personal: whether a text may name a person, beside what its form tells.
        allowed: texts that somebody has said to name nobody.
    """

    def __init__(
        self,
        engine: Engine,
        picture: Callable[[str], Screenshot | None],
        *,
        is_personal: Judge = lambda _text: False,
        allowed: Iterable[str] = (),
    ) -> None:
        self._engine = engine
        self._picture = picture
        self._is_personal = is_personal
        self._allowed = [re.compile(re.escape(text), re.IGNORECASE) for text in allowed if text.strip()]

    def mask(self, cases: Sequence[NavCase]) -> Iterator[Answer]:
        """What becomes of each case; those on the same pictures come together."""
        groups: dict[tuple[str, ...], list[NavCase]] = {}
        for case in cases:
            groups.setdefault(tuple(p.id for p in case.pictures), []).append(case)
        for group in groups.values():
            yield from self._group(group)

    def _group(self, cases: Sequence[NavCase]) -> Iterator[Answer]:
        known = []
        for case in cases:
            found = self._known(case)
            if isinstance(found, LeftBehind):
                yield found
            else:
                known.append(found)
        if not known:
            return
        copies = self._copies(known, "text")
        for one in known:
            answer = self._compared(one, copies, "text")
            if isinstance(answer, LeftBehind) and answer.why in ("changed", "shows_through"):
                answer = self._compared(one, self._copies([one], "flat"), "flat")
            yield answer

    def _known(self, case: NavCase) -> _Known | LeftBehind:
        if has_parameters(case.action):
            return LeftBehind(case.id, "parameters")
        for text in texts_of(case.action):
            if self._names_somebody(text):
                return LeftBehind(case.id, "personal_asked", text)
        shots = [self._picture(picture.id) for picture in case.pictures]
        if any(shot is None for shot in shots):
            return LeftBehind(case.id, "picture")
        there = tuple(shot for shot in shots if shot is not None)
        result = run_case(self._engine, case, *there)
        pages = tuple(self._engine.read(shot) for shot in there)
        limits = self._engine.settings.thresholds
        needs = [needs_before(case, result.answer, pages[0], limits)]
        if len(pages) > 1:
            needs.append(needs_after(result.answer, pages[0], pages[1], limits))
            needs = [needs[0] + _shared(needs[1], there), needs[1] + _shared(needs[0], there)]
        for page, need in zip(pages, needs, strict=True):
            for text in read_in(page, need.texts):
                if self._names_somebody(text):
                    return LeftBehind(case.id, "personal_shown", text)
        return _Known(case, result, there, pages, tuple(needs))

    def _copies(self, known: Sequence[_Known], style: Style) -> tuple[_Copy, ...]:
        """The masked copy of each picture that these cases share."""
        copies = []
        for at, (shot, page) in enumerate(zip(known[0].shots, known[0].pages, strict=True)):
            needs = Needs()
            for one in known:
                needs += one.needs[at]
            copies.append(_Copy(_screenshot(painted(shot.rgb, page, needs, style)), needs))
        return tuple(copies)

    def _compared(self, known: _Known, copies: tuple[_Copy, ...], style: Style) -> Answer:
        case, shots = known.case, [copy.shot for copy in copies]
        refs = [PictureRef(shot.image_id, shot.size) for shot in shots]
        masked = replace(case, picture=refs[0], picture_after=refs[1] if len(refs) > 1 else None)
        if not _is_same_verdict(known.result, run_case(self._engine, masked, *shots)):
            return LeftBehind(case.id, "changed")
        for original, copy in zip(known.pages, copies, strict=True):
            reading = self._engine.read(copy.shot)
            if _shows_through(original, reading, copy.needs):
                return LeftBehind(case.id, "shows_through")
            for text in read_in(reading, (grow(box, *PAD, copy.shot.size) for box in copy.needs.texts)):
                if self._names_somebody(text):
                    return LeftBehind(case.id, "personal_shown", text)
        return MaskedCase(masked, {shot.image_id: shot.rgb for shot in shots}, style)

    def _names_somebody(self, text: str) -> bool:
        for allowed in self._allowed:
            text = allowed.sub(" ", text)
        return looks_personal(text) or self._is_personal(text)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A masked picture, and what of the original stays on it."""

    shot: Screenshot
    needs: Needs


def _shared(needs: Needs, shots: tuple[Screenshot, ...]) -> Needs:
    """Of what must stay on one picture, what the other shows pixel for pixel: it must look unchanged there too."""
    one, other = shots
    if one.size != other.size:
        return Needs()

    def is_same(box: Box) -> bool:
        part = np.s_[max(0, box.y) : box.bottom, max(0, box.x) : box.right]
        return bool(np.array_equal(one.rgb[part], other.rgb[part]))

    return Needs(tuple(filter(is_same, needs.texts)), tuple(filter(is_same, needs.controls)))


def _is_same_verdict(before: CaseResult, after: CaseResult) -> bool:
    """Same outcome, by the same means, and a press on the same control."""
    one, other = before.answer, after.answer
    if (one.outcome, before.is_right) != (other.outcome, after.is_right):
        return False
    if (one.after.change if one.after else None) != (other.after.change if other.after else None):
        return False
    if one.point_px is None or other.point_px is None or one.box_px is None or other.box_px is None:
        return one.point_px is other.point_px
    return contains_point(one.box_px, other.point_px) and contains_point(other.box_px, one.point_px)


def _shows_through(original: Page, reading: Page, needs: Needs) -> bool:
    """Whether a word that was to go can still be read at its place."""
    for word in (*original.words, *original.second_words):
        plain = skeleton(fold(word.text))
        if sum(map(str.isalnum, plain)) < _READABLE or any(share_inside(word.box, box) > 0.5 for box in needs.texts):
            continue
        there = (other for other in reading.words if share_inside(other.box, word.box) > _AT_ITS_PLACE)
        if any(skeleton(fold(other.text)) == plain for other in there):
            return True
    return False


def _screenshot(rgb: RgbImage) -> Screenshot:
    return Screenshot(rgb, Size(rgb.shape[1], rgb.shape[0]), pixel_sha256(rgb), "png", rgb.nbytes)
