"""How well a text read on the screen matches a text asked for. Pure; scores are 0..1."""

from __future__ import annotations

from rapidfuzz.distance import Indel, Levenshtein
from rapidfuzz.fuzz import partial_ratio

from navigation.textfold import digits, fold, skeleton

EXACT = 1.0
LOOK_ALIKE = 0.99  # equal but for letters that OCR confuses
_OTHER_WORDS = 0.80  # cap: letters were added or are missing in a row (Dé-connexion, Enregistr-ement, "As")
_WORD_LIKE = 60.0  # rapidfuzz `partial_ratio`, 0..100; below it a word has no counterpart
_FORMED = frozenset("ABDEFGHMNQRT")  # capitals that look otherwise than their small letters
_OTHER_DIGITS = 0.50  # cap: another number


def text_score(asked: str, read: str) -> float:
    """Similarity of two texts as whole phrases.

    1.0 when equal but for case, accents, quotes and spaces at the ends; 0.99 when only letters that OCR confuses
    differ; below that the normalised Indel similarity, capped where the difference is one a word's meaning hangs
    on: another number, or two letters or more added or missing in a row.

    Source: rapidfuzz `Indel.normalized_similarity` (the value behind `fuzz.ratio`).
    """
    a, b = fold(asked), fold(read)
    if not a or not b:
        return 0.0
    if a == b:
        return EXACT
    sa, sb = skeleton(a), skeleton(b)
    if sa == sb:
        return LOOK_ALIKE
    if digits(a) != digits(b):
        return min(_OTHER_DIGITS, _similarity(sa, sb))
    score = min(LOOK_ALIKE, _similarity(sa, sb))
    differs = _has_other_letters(sa, sb) or _has_other_word(a, sb) or _has_other_word(b, sa)
    return min(score, _OTHER_WORDS) if differs else score


def _similarity(a: str, b: str) -> float:
    return float(Indel.normalized_similarity(a, b))


def _has_other_letters(a: str, b: str) -> bool:
    """Whether one text has two letters or more in a row that the other lacks (not merely misread)."""
    return any(
        block.tag in ("insert", "delete")
        and max(block.src_end - block.src_start, block.dest_end - block.dest_start) >= 2
        for block in Levenshtein.opcodes(a, b)
    )


def _has_other_word(text: str, other: str) -> bool:
    """Whether a word of `text` (folded) has no like in `other` (a skeleton): neither the word nor one misread."""
    for word in text.split():
        plain = skeleton(word)
        if sum(c.isalnum() for c in plain) < 2 or plain in other:
            continue
        if partial_ratio(plain, other) < _WORD_LIKE:
            return True
    return False


def is_other_case(asked: str, read: str) -> bool:
    """Whether one text is set in capitals where the other has small letters, by two letters or more.

    Only letters whose capitals have another form count: readers take the others ("o", "s", "v") for one another.
    """
    small, large = (sum(c in _FORMED for c in text) for text in (asked, read))
    return abs(small - large) >= 2


def best_text_score(asked: tuple[str, ...], read: str) -> float:
    """The best score of several texts asked for (a target and its synonyms)."""
    return max(text_score(text, read) for text in asked)
