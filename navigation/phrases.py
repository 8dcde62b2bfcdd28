"""From words to phrases: the text of one control, regrouped from lines that may run across a row of buttons. Pure.

A screen has no single right cut: "Nom / Prénom" is one label, "Accueil / Patients" are two links. So phrases are
given at two levels (the run of close words, and its parts between separators and wider gaps), and lines that
stand under each other are also given joined. Matching compares a target with each of them whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from navigation.geometry import contains, horizontal_overlap, union, vertical_overlap
from navigation.textfold import has_letters_or_digits
from navigation.types import Box, Control, Phrase, Word

_RUN_GAP = 0.95  # em: a wider gap separates two controls
_SPACE_GAP = 0.4  # em: no border with its padding on both sides fits into a gap this narrow
_PART_GAP = 0.52  # em: a gap this wide may separate two controls; a space is 0.25 to 0.4
_INK_STEP = 70.0  # distance of two RGB colours: a link in a sentence differs from it by more
_SENTENCE_SIGNS = ",;()[]"
_SEPARATORS = frozenset("›»/|>·•—–-:+«<")
_PATH_SIGNS = frozenset("›»/>")  # between the links of a path; the other separators stand inside titles
_JUNK_CONFIDENCE = 0.6
_MAX_JOINED_LINES = 3
_LINE_PITCH = 1.65  # em from line to line within one text; entries of a menu are 1.8 apart and more
_TAIL = 0.2  # em under the line
_WITH_TAIL = "gjpqyç,;()|"
_BAND = 16  # px; words are looked up by the bands of the screen they touch


def group_phrases(words: Sequence[Word], controls: Sequence[Control] = ()) -> tuple[Phrase, ...]:
    """Every text that may be one control's, in reading order; boxes in the words' pixels."""
    signs = [[w] for w in words if _is_stray_sign(w)]
    runs = _runs([w for w in words if not _is_stray_sign(w)], controls) + signs
    single = [p for run in runs for p in _levels(run)]
    single += [_phrase(part) for run in runs for part in _split_at_borders(run, controls)]
    joined = list(_joined_lines(runs, controls))
    unique: dict[tuple[str, Box], Phrase] = {}
    for phrase in single + joined:
        unique.setdefault((phrase.text, phrase.box), phrase)
    return tuple(sorted(unique.values(), key=lambda p: (p.box.y + p.box.h // 2, p.box.x)))


def _runs(words: Sequence[Word], controls: Sequence[Control]) -> list[list[Word]]:
    """Chains of words, each linked to the nearest one on its right that is near enough to be the same text."""
    ordered = sorted(words, key=lambda w: (w.box.x, w.box.y))
    homes = [_container(w.box, controls) for w in ordered]
    bands: dict[int, list[int]] = {}
    for number, word in enumerate(ordered):
        for band in range(word.box.y // _BAND, word.box.bottom // _BAND + 1):
            bands.setdefault(band, []).append(number)
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for number, word in enumerate(ordered):
        near = {n for band in range(word.box.y // _BAND, word.box.bottom // _BAND + 1) for n in bands[band]}
        right = sorted(n for n in near if n > number and n not in before and _is_on_line(word, ordered[n]))
        if not right:
            continue
        is_same_home = homes[right[0]] == homes[number]
        if _gap(word, ordered[right[0]]) <= (_RUN_GAP if is_same_home else _SPACE_GAP):
            after[number], before[right[0]] = right[0], number
    runs = []
    for number in range(len(ordered)):
        if number not in before:
            chain = [number]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            runs.append([ordered[n] for n in chain])
    return runs


def _is_on_line(left: Word, right: Word) -> bool:
    """Whether a word stands to the right of another on the same line of text."""
    a, b = left.box, right.box
    is_alike = vertical_overlap(a, b) >= 0.55 and max(a.h, b.h) <= 2.6 * min(a.h, b.h)
    return is_alike and b.x >= a.right - 0.4 * min(a.h, b.h)


def _is_stray_sign(word: Word) -> bool:
    """An arrow or icon read as a sign: it parts the texts on its sides and belongs to none."""
    return not has_letters_or_digits(word.text) and word.confidence < _JUNK_CONFIDENCE


def _gap(left: Word, right: Word) -> float:
    """The space between two words in em; the smaller estimate of the two words' sizes is not trusted alone."""
    a, b = _em(left), _em(right)
    return (right.box.x - left.box.right) / max(8.0, min(max(a, b), 1.5 * min(a, b)))


def _em(word: Word) -> float:
    return font_size(word.text, word.box.h)


def font_size(text: str, height: int) -> float:
    """The font size a text's height suggests: capitals are 0.72 em high, small letters without stems 0.53."""
    has_stem = any(c.isupper() or c.isdigit() or c in "bdfhkltéèêàùîôç|/()" for c in text)
    has_tail = any(c in _WITH_TAIL for c in text)
    return height / (0.53 + (0.19 if has_stem else 0.0) + (_TAIL if has_tail else 0.0))


def _container(box: Box, controls: Sequence[Control]) -> Box | None:
    """The smallest control around a word; rectangles no larger than the word are parts of its letters."""
    around = [c.box for c in controls if contains(c.box, box, slack=2) and c.box.h >= box.h and c.box.w > box.w + 4]
    return min(around, key=lambda b: b.area) if around else None


def _levels(run: Sequence[Word]) -> Iterable[Phrase]:
    yield from _with_and_without_junk(run)
    between = _split_at_separators(run)
    if len(between) > 1:
        is_path = any(c in _PATH_SIGNS for w in run if _is_separator(w) for c in w.text)
        for part in between:
            yield from _parts(part, "page" if is_path else "part")
    among = _split_at_junk(run)
    if len(among) > 1:
        for part in among:
            yield from _parts(part, "part")
    for part in _split_at_underlines(run):
        for shade in _split_at_colours(part):
            if len(shade) < len(run):
                yield from _with_and_without_junk(shade)
            for piece in _split_after_signs(shade):
                if len(piece) < len(shade):
                    yield from _parts(piece, "piece")
    for part in between:
        pieces = _split_at_gaps(part)
        if len(pieces) > 1:
            for piece in pieces:
                yield from _parts(piece, "part")


def _parts(words: Sequence[Word], source: str) -> Iterable[Phrase]:
    return (replace(p, source=source) for p in _with_and_without_junk(words))


def _split_at_separators(run: Sequence[Word]) -> list[list[Word]]:
    parts: list[list[Word]] = [[]]
    for word in run:
        if _is_separator(word):
            parts.append([])
        else:
            parts[-1].append(word)
    return [p for p in parts if p]


def _split_at_junk(run: Sequence[Word]) -> list[list[Word]]:
    """Parts between what is probably no word: round buttons and ticks that were read as letters."""
    parts: list[list[Word]] = [[]]
    for word in run:
        if _is_junk(word):
            parts.append([])
        else:
            parts[-1].append(word)
    return [p for p in parts if p]


def _split_at_underlines(run: Sequence[Word]) -> list[list[Word]]:
    """Parts that are underlined and parts that are not."""
    parts: list[list[Word]] = [[run[0]]]
    for before, word in pairwise(run):
        if before.is_underlined != word.is_underlined:
            parts.append([])
        parts[-1].append(word)
    return parts


def _split_at_borders(run: Sequence[Word], controls: Sequence[Control]) -> list[list[Word]]:
    """Parts that stand in different rectangles; none where all stand in one."""
    parts = [list(part) for _, part in groupby(run, key=lambda w: _container(w.box, controls))]
    return parts if len(parts) > 1 else []


def _split_at_colours(run: Sequence[Word]) -> list[list[Word]]:
    """Parts of one text colour: a link inside a sentence."""
    parts: list[list[Word]] = [[run[0]]]
    for before, word in pairwise(run):
        if before.ink is not None and word.ink is not None and _ink_distance(before.ink, word.ink) > _INK_STEP:
            parts.append([])
        parts[-1].append(word)
    return parts


def _ink_distance(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    return float(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)


def _split_after_signs(run: Sequence[Word]) -> list[list[Word]]:
    """Parts between commas and brackets: links listed in a sentence."""
    parts: list[list[Word]] = [[]]
    for word in run:
        if word.text[0] in _SENTENCE_SIGNS and parts[-1]:
            parts.append([])
        parts[-1].append(word)
        if word.text[-1] in _SENTENCE_SIGNS:
            parts.append([])
    return [p for p in parts if p]


def _split_at_gaps(run: Sequence[Word]) -> list[list[Word]]:
    """Parts between gaps that are wide for this run: spaced capitals have wide gaps everywhere."""
    gaps = [_gap(a, b) for a, b in pairwise(run)]
    limit = max(_PART_GAP, 1.6 * sorted(gaps)[len(gaps) // 2]) if len(gaps) > 2 else _PART_GAP
    parts: list[list[Word]] = [[run[0]]]
    for gap, word in zip(gaps, run[1:], strict=True):
        if gap > limit:
            parts.append([])
        parts[-1].append(word)
    return parts


def _is_separator(word: Word) -> bool:
    return all(c in _SEPARATORS for c in word.text)


def _with_and_without_junk(words: Sequence[Word]) -> Iterable[Phrase]:
    """The words as they are and, when an icon was read as a stray sign at an end, without it."""
    yield _phrase(words)
    inner = list(words)
    while len(inner) > 1 and _is_junk(inner[0]):
        inner = inner[1:]
    while len(inner) > 1 and _is_junk(inner[-1]):
        inner = inner[:-1]
    if len(inner) < len(words):
        yield _phrase(inner)


def _is_junk(word: Word) -> bool:
    if not has_letters_or_digits(word.text):
        return True
    return len(word.text) <= 2 and (word.confidence < _JUNK_CONFIDENCE or word.text.lower() in ("q", "x", "v", "o"))


def _phrase(words: Sequence[Word]) -> Phrase:
    return Phrase(
        " ".join(w.text for w in words), union(w.box for w in words), min(w.confidence for w in words), "page"
    )


def _joined_lines(runs: Sequence[Sequence[Word]], controls: Sequence[Control]) -> Iterable[Phrase]:
    """Labels broken over two or three lines: runs under each other with a common edge or centre."""
    phrases = [_phrase(run) for run in runs]
    for first in phrases:
        group = [first]
        while len(group) < _MAX_JOINED_LINES:
            below = [p for p in phrases if _continues(group[-1], p, controls)]
            if not below:
                break
            group.append(min(below, key=lambda p: p.box.y))
            yield Phrase(
                " ".join(p.text for p in group), union(p.box for p in group), min(p.confidence for p in group), "lines"
            )


def _continues(upper: Phrase, lower: Phrase, controls: Sequence[Control]) -> bool:
    a, b = upper.box, lower.box
    height = max(a.h, b.h)
    if b.y <= a.y or height > 1.7 * min(a.h, b.h) or horizontal_overlap(a, b) <= 0.5:
        return False
    pitch = _base(lower) - _base(upper)
    aligned = abs(a.x - b.x) <= 0.6 * height or abs((a.x + a.w / 2) - (b.x + b.w / 2)) <= 0.6 * height
    return (
        aligned
        and 0.7 * height <= pitch <= _LINE_PITCH * max(font_size(upper.text, a.h), font_size(lower.text, b.h))
        and _container(a, controls) == _container(b, controls)
    )


def _base(phrase: Phrase) -> float:
    """The row on which a phrase's letters stand."""
    tail = _TAIL * font_size(phrase.text, phrase.box.h) if any(c in _WITH_TAIL for c in phrase.text) else 0.0
    return phrase.box.bottom - tail
