"""What of a picture the engine's verdict on a case rests on: these places stay, the rest is replaced. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from navigation.cases import NavCase
from navigation.geometry import contains, share_inside, union, vertical_overlap
from navigation.matching import best_text_score
from navigation.settings import Thresholds
from navigation.types import AnchorCheck, Box, Candidate, NavigateResult, Page, Phrase, Verification, Word
from navigation.verdicts import ERROR_NOTICES, anchor_score, find_notice, new_texts
from navigation.visual_login import recognise_notice

_UNSURE = 0.12  # under the anchor's limit: a text this near leaves a screen in doubt (as `verdicts` has it)
_BUTTON_HEIGHT = 4.4  # of its text's height, at most (as grounding has it)
_MAX_WHOLE = (640, 130)  # px; a control larger than that is a panel, of which only the border stays


@dataclass(frozen=True, slots=True)
class Needs:
    """Places of one picture, in its pixels: `texts` stay as they are, of `controls` border and ground."""

    texts: tuple[Box, ...] = ()
    controls: tuple[Box, ...] = ()

    def __add__(self, other: Needs) -> Needs:
        return Needs(
            tuple(dict.fromkeys((*self.texts, *other.texts))), tuple(dict.fromkeys((*self.controls, *other.controls)))
        )


@dataclass(slots=True)
class _Found:
    texts: list[Box] = field(default_factory=list)
    controls: list[Box] = field(default_factory=list)

    def needs(self, page: Page) -> Needs:
        """With the buttons that the texts stand on: how a text is read depends on its ground."""
        self.controls += [control for text in self.texts for control in _buttons_around(text, page)]
        return Needs(tuple(dict.fromkeys(self.texts)), tuple(dict.fromkeys(self.controls)))


def needs_before(case: NavCase, answer: NavigateResult, page: Page, limits: Thresholds) -> Needs:
    """Of the picture before the press: texts of the screen, the target and what competes with it, inputs, the control
    that should have been pressed, a message, the window in front."""
    found = _Found()
    found.texts += _anchors(answer.before, page, limits)
    if answer.grounding is not None:
        for candidate in _competing(answer.grounding.candidates, limits):
            found.texts.append(candidate.text_box)
            if not contains(candidate.text_box, candidate.box):
                found.controls.append(candidate.box)
    found.texts += _near(case, page, limits)
    for box in case.expected.boxes:
        is_small = box.w <= _MAX_WHOLE[0] and box.h <= _MAX_WHOLE[1]
        if case.action.target.kind == "clickable" and is_small:
            found.texts.append(box)
        else:
            found.controls.append(box)
            found.texts += _own_texts(case, page, box)
    notice = recognise_notice(page)
    found.texts += _phrases_of(page.phrases, notice.text if notice else "")
    if page.overlay is not None:
        found.controls.append(page.overlay)
    return found.needs(page)


def needs_after(answer: NavigateResult, before: Page, after: Page, limits: Thresholds) -> Needs:
    """Of the picture after the press: texts of the screen it should have led to, and a message."""
    found = _Found(texts=_anchors(answer.after, after, limits))
    fresh = new_texts(before, after)
    message = find_notice(fresh, ERROR_NOTICES)
    notices = [recognise_notice(after, before=before), recognise_notice(after)]
    said = [message.text if message else "", *(notice.text for notice in notices if notice)]
    for text in said:
        found.texts += _phrases_of(after.phrases, text)
    if after.overlay is not None:
        found.controls.append(after.overlay)
    return found.needs(after)


def read_in(page: Page, boxes: Iterable[Box]) -> Iterator[str]:
    """The texts that stand in each of these places, as they were read."""
    words = [*page.words, *page.second_words]
    for box in boxes:
        inside = [word for word in words if share_inside(word.box, box) > 0.3]
        if inside:
            yield " ".join(word.text for word in _in_reading_order(inside))


def _anchors(verified: Verification | None, page: Page, limits: Thresholds) -> list[Box]:
    if verified is None:
        return []
    return [
        _words_that_match(check, page)
        for check in verified.anchors
        if check.box is not None and _matters(check, limits)
    ]


def _matters(check: AnchorCheck, limits: Thresholds) -> bool:
    return check.score >= limits.anchor - _UNSURE if check.expected == "present" else not check.is_met


def _words_that_match(check: AnchorCheck, page: Page) -> Box:
    """Of the phrase an anchor was found in, the words that match it: names may stand beside them."""
    assert check.box is not None
    words = _in_reading_order(_words_in(page, check.box))
    runs = [words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1)]
    scored = [(anchor_score(check.text, " ".join(w.text for w in run)), -len(run), run) for run in runs]
    if not scored:
        return check.box
    _, _, best = max(scored, key=lambda item: item[:2])
    return union(word.box for word in best)


def _words_in(page: Page, box: Box) -> list[Word]:
    first = [word for word in page.words if share_inside(word.box, box) > 0.5]
    return first or [word for word in page.second_words if share_inside(word.box, box) > 0.5]


def _buttons_around(text: Box, page: Page) -> list[Box]:
    return [
        control.box
        for control in page.controls
        if contains(control.box, text, slack=3) and control.box.h <= _BUTTON_HEIGHT * max(12, text.h)
    ]


def _in_reading_order(words: Iterable[Word]) -> list[Word]:
    """Lines from the top, each from the left."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.box.y + w.box.h / 2):
        if lines and vertical_overlap(lines[-1][0].box, word.box) > 0.5:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [word for line in lines for word in sorted(line, key=lambda w: w.box.x)]


def _competing(candidates: Sequence[Candidate], limits: Thresholds) -> Iterator[Candidate]:
    """The winner and all that come near to it, or that a refusal rests on."""
    return (candidate for candidate in candidates if candidate.score >= limits.score - 2 * limits.margin)


def _near(case: NavCase, page: Page, limits: Thresholds) -> list[Box]:
    near = case.action.target.near
    if not isinstance(near, str):
        return []
    return [phrase.box for phrase in page.phrases if best_text_score((near,), phrase.text) >= limits.score]


def _own_texts(case: NavCase, page: Page, box: Box) -> list[Box]:
    """Texts in a field or panel that are the target's own: its placeholder, never what was typed."""
    names = (case.action.target.text, *case.action.target.synonyms)
    return [
        phrase.box
        for phrase in page.phrases
        if share_inside(phrase.box, box) > 0.8 and best_text_score(names, phrase.text) >= 0.8
    ]


def _phrases_of(phrases: Iterable[Phrase], text: str) -> list[Box]:
    return [phrase.box for phrase in phrases if text and phrase.text == text]
