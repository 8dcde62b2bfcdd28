"""Whether expected texts stand on a page, and what a screen's message says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import Formatter

from rapidfuzz.fuzz import partial_ratio

from navigation.errors import BadActionError
from navigation.geometry import share_inside
from navigation.matching import text_score
from navigation.settings import Thresholds
from navigation.textfold import fold, skeleton
from navigation.types import AnchorCheck, Page, Phrase, Screen

_WORTH_WINDOWS = 75.0  # rapidfuzz `partial_ratio`, 0..100: under it no part of a text can pass
_OTHER_ENDING = 0.80
_UNSURE = 0.12  # below the anchor limit: a text this near leaves the screen in doubt
NO_ANCHOR_SCORE = 0.0


def anchor_score(anchor: str, text: str, *, whole_words: bool = False) -> float:
    """How well a text, or a run of its whole words, matches an anchor; 0..1.

    An anchor may stand in a sentence, but only as whole words: "connecté" is not in "déconnecté". With `whole_words`
    a text that lacks or adds letters at an end ("table" for "Tables") is another text, however alike: so a text that
    must not be there is looked for.
    """
    score = _other_ending_is_none if whole_words else text_score
    whole = score(anchor, text)
    if whole >= 0.99:
        return whole
    folded, wanted = fold(text), fold(anchor)
    if partial_ratio(skeleton(wanted), skeleton(folded)) < _WORTH_WINDOWS:
        return whole
    words, count = folded.split(), len(wanted.split())
    windows = (
        " ".join(words[start : start + length])
        for length in range(max(1, count - 1), count + 2)
        for start in range(len(words) - length + 1)
    )
    return max([whole, *(score(wanted, window) for window in windows)])


def _other_ending_is_none(anchor: str, text: str) -> float:
    """The score of two texts, at most `_OTHER_ENDING` where one is the other with letters more at an end."""
    a, b = sorted((skeleton(fold(anchor)), skeleton(fold(text))), key=len)
    score = text_score(anchor, text)
    return min(score, _OTHER_ENDING) if a != b and (b.startswith(a) or b.endswith(a)) else score


def check_anchor(page: Page, text: str, *, expected: str, limits: Thresholds) -> AnchorCheck:
    """The best place for an anchor and whether that is as expected."""
    best: Phrase | None = None
    best_score = NO_ANCHOR_SCORE
    for phrase in page.phrases:
        score = anchor_score(text, phrase.text, whole_words=expected == "absent")
        if score > best_score:
            best, best_score = phrase, score
    is_there = best_score >= limits.anchor
    met = is_there if expected == "present" else not is_there
    return AnchorCheck(
        text=text,
        expected="present" if expected == "present" else "absent",
        is_met=met,
        score=best_score,
        box=best.box if best else None,
        read_text=best.text if best else "",
    )


def is_unsure(check: AnchorCheck, limits: Thresholds) -> bool:
    """Whether an expected text was nearly read: a misreading or another text, nobody can tell."""
    return (
        check.expected == "present"
        and not check.is_met
        and check.score >= limits.anchor - _UNSURE
        and check.score != 0.80  # a score of exactly the cap is certainly another text
    )


def check_screen(page: Page, screen: Screen, limits: Thresholds) -> tuple[AnchorCheck, ...]:
    """Every anchor of a screen on a page, the expected ones first."""
    present = [filled(text, screen) for text in screen.present]
    absent = [filled(text, screen) for text in screen.absent]
    return tuple(
        [check_anchor(page, text, expected="present", limits=limits) for text in present]
        + [check_anchor(page, text, expected="absent", limits=limits) for text in absent]
    )


def filled(text: str, screen: Screen) -> str:
    """An anchor with its parameters filled in.

    Raises BadActionError for a parameter that was not given or a brace that is never closed.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as err:
        raise BadActionError(f"the braces in “{text}” do not pair", path="screen.present") from err
    missing = [name for name in names if name not in screen.parameters]
    if missing:
        raise BadActionError(f"no value was given for {{{missing[0]}}}", path="screen.parameters")
    for name in names:
        text = text.replace("{" + name + "}", screen.parameters[name])
    return text


def new_texts(before: Page, after: Page) -> list[Phrase]:
    """Phrases of the page after that the page before did not show, in reading order.

    Joined lines are new when each of the lines is.
    """
    known = {skeleton(fold(p.text)) for p in before.phrases}
    fresh = [p for p in after.phrases if skeleton(fold(p.text)) not in known]
    old = [p.box for p in after.phrases if skeleton(fold(p.text)) in known]
    return [p for p in fresh if not (_is_joined(p) and any(share_inside(box, p.box) > 0.9 for box in old))]


def find_notice(phrases: Iterable[Phrase], notices: Sequence[tuple[str, ...]]) -> Phrase | None:
    """The first phrase that bears all stems of one of the notices, each at the start of a word; a line before lines.

    A stem of several words ("mot de passe") must stand as it is.
    """
    for phrase in sorted(phrases, key=_is_joined):
        text = f" {fold(phrase.text)} "
        flat = skeleton(text)
        for stems in notices:
            if all(_bears(text, flat, stem) for stem in stems):
                return phrase
    return None


def _is_joined(phrase: Phrase) -> bool:
    return phrase.source.endswith("lines")


def _bears(text: str, flat: str, stem: str) -> bool:
    if f" {stem}" in text or f"'{stem}" in text:
        return True
    return len(stem) >= 7 and skeleton(stem) in flat


ERROR_NOTICES: Sequence[tuple[str, ...]] = tuple(
    (stem,)
    for stem in (
        "erreur", "incorrect", "invalid", "non valide", "refus", "impossible", "echec", "obligatoire", "champ requis",
        "interdit", "non autoris", "expir", "verrouill", "corrige", "existe deja", "ne correspond", "doit contenir",
        "error", "fail", "denied", "required", "not allowed", "forbidden", "wrong", "locked", "already exists",
        "must be", "please correct", "didn't match", "can't be",
    )
)  # fmt: skip
"""Stems of the words error messages are made of, French and English, folded."""
