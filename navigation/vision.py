"""Pictures as arrays: preparing them for reading, and the rectangles drawn on them. Pure; no files.

Pictures are uint8 arrays of shape (height, width, 3) in RGB order, or (height, width) when grey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from navigation.cells import spans
from navigation.protocols import GreyImage, RgbImage
from navigation.types import Box, Control, ControlKind

FLATTEN_WINDOW = 41  # px; wider than any stroke of interface text, narrower than a button (measured.md)
_CONTRAST_FLOOR = 40  # grey levels; weaker differences are noise of the picture's compression
_EDGE_FLOOR = 7  # grey levels; the border of a pale input on white differs by 10 to 40
_BROKEN_FLOOR = 10  # the same where gaps are closed: compression noise must not grow together
_CLOSE = np.ones((3, 3), np.uint8)
_RULE_ACROSS, _RULE_DOWN = 28, 26  # px; longer than the strokes of text up to about 34 px high
_RULE_THICKNESS = 4  # px; thicker ones are bars
_STEM = (4, 14)  # px; thickness of the stems of letters that are longer than a rule must be
_STEM_SHAPE = 9  # a run shorter than this many times its thickness is a stem
_SOLID = 0.9  # share of ink from which a rule is not dotted
_DOT_GAP = 4  # px; between the dots of a dotted rule
_LETTERS_BESIDE = 0.12  # share of a straight run's columns with ink on both sides from which it belongs to letters
_MIN_FRAME = (24, 16)  # px; a smaller rectangle may be a letter
_MIN_FILLED = (44, 18)  # px; a bold capital E of a heading is bordered on four sides too
_PAPER, _DARK_PAPER = 215, 56  # channel levels; inputs are filled pale, or nearly black in a dark theme
_GREY_SPREAD = 14  # between the channels of a colour that still looks grey
_INK, _STRONG = 140, 0.35  # grey level of a flattened picture under which a pixel is ink; share of ink that is strong
_NEARLY = 20  # grey levels of a flattened picture
_CONTROL_MIN = (10, 10)
_BAND_ROWS = 32
_CONTROL_MAX_HEIGHT = 400


def to_grey(rgb: RgbImage) -> GreyImage:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def flatten(grey: GreyImage, controls: Sequence[Control] = (), *, background: GreyImage | None = None) -> GreyImage:
    """Dark text on white whatever the colours were: the difference to the local background, stretched locally.

    The background is a median (computed here unless it is given, and then overwritten); inside a control it is the
    control's own fill, so that the text of a narrow coloured button does not run into the button's edge. Borders of
    controls are painted out.
    """
    background = median_ground(grey) if background is None else background
    frames = [c.box for c in controls if c.box.w >= _MIN_FILLED[0] and c.box.h >= _MIN_FILLED[1]]
    for box in sorted(frames, key=lambda b: -b.area):
        fill = _dominant(crop(grey, box))
        if fill is not None:
            background[box.y : box.bottom, box.x : box.right] = fill
    difference = cv2.absdiff(grey, background)
    for box in frames:
        cv2.rectangle(difference, (box.x, box.y), (box.right - 1, box.bottom - 1), 0, thickness=3)
    strongest = cv2.dilate(difference, np.ones((FLATTEN_WINDOW, FLATTEN_WINDOW), np.uint8))
    strongest = cv2.blur(strongest, (FLATTEN_WINDOW, FLATTEN_WINDOW))
    # Both levels of a pixel as one number of 16 bits, low byte first, looked up in the table of all pairs.
    pairs = cv2.merge([difference, strongest]).view("<u2")[..., 0]
    stretched = np.empty(grey.shape, np.uint8)
    for top in range(0, len(pairs), _BAND_ROWS):  # in bands, so that the wider numbers stay in the processor's cache
        band = slice(top, top + _BAND_ROWS)
        np.take(_stretched(), pairs[band], out=stretched[band], mode="clip")
    return stretched


def median_ground(grey: GreyImage) -> GreyImage:
    """The median around each pixel: the colour of what text stands on."""
    return np.asarray(cv2.medianBlur(grey, FLATTEN_WINDOW), dtype=np.uint8)


@cache
def _stretched() -> GreyImage:
    """What a difference becomes beside the strongest one near it, at index 256 * strongest + difference."""
    strongest, difference = np.divmod(np.arange(65536), 256)
    scale = 255.0 / np.maximum(strongest, _CONTRAST_FLOOR).astype(np.float32)
    return np.asarray(255 - np.clip(difference.astype(np.float32) * scale, 0, 255), dtype=np.uint8)


def _dominant(grey: GreyImage, *, share: float = 0.35) -> int | None:
    """The grey level that fills a picture, or None where no level (with its neighbours) has that share."""
    counts = np.bincount(grey.ravel(), minlength=256)
    level = int(counts.argmax())
    near = counts[max(0, level - 2) : level + 3].sum()
    return level if near >= share * grey.size else None


def without_lines(flat: GreyImage) -> tuple[GreyImage, tuple[Box, ...]]:
    """A flattened picture without borders, rules and underlines, and those of them that lie across.

    Tesseract takes a frame with text in it for a picture and skips it. A run that letters cross is left: the
    crossbars of bold digits side by side ("44") make one as long as a word. So are the stems of large letters.
    """
    ink = cv2.threshold(flat, 200, 255, cv2.THRESH_BINARY_INV)[1]
    across, rules = _free_runs(ink, _RULE_ACROSS)
    dotted, more_rules = _dotted_runs(ink)
    down, _ = _free_runs(cv2.transpose(ink), _RULE_DOWN)
    lines = cv2.dilate(cv2.bitwise_or(across, cv2.transpose(down)), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.bitwise_or(cv2.bitwise_or(flat, lines), dotted), dtype=np.uint8), (*rules, *more_rules)


def _free_runs(ink: npt.NDArray[Any], length: int) -> tuple[npt.NDArray[np.uint8], list[Box]]:
    """255 on horizontal runs of ink at least `length` long that are no part of letters, and their boxes."""
    runs = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8)), np.uint8)
    rules = []
    for (x, y, w, h), is_run in _components(runs):
        above, below = _beside(ink, x, y, w, h)
        is_crossed = h <= 6 and np.count_nonzero(above & below) > _LETTERS_BESIDE * w
        is_stem = _STEM[0] <= h <= _STEM[1] and w < _STEM_SHAPE * h
        if is_crossed or is_stem:
            runs[y : y + h, x : x + w][is_run] = 0
        elif h <= _RULE_THICKNESS:
            rules.append(Box(x, y, w, h))
    return runs, rules


def _dotted_runs(ink: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], list[Box]]:
    """255 on dotted and dashed rules, which stand free of letters above and below; and their boxes."""
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, _DOT_GAP), np.uint8))
    runs = np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, _RULE_ACROSS), np.uint8)), np.uint8)
    rules = []
    for (x, y, w, h), is_run in _components(runs):
        if h <= 2 and _is_free_and_dotted(ink, x, y, w, h):
            rules.append(Box(x, y, w, h))
        else:
            runs[y : y + h, x : x + w][is_run] = 0
    return runs, rules


def _is_free_and_dotted(ink: npt.NDArray[Any], x: int, y: int, w: int, h: int) -> bool:
    if np.count_nonzero(ink[y : y + h, x : x + w]) >= _SOLID * w * h:
        return False
    above, below = _beside(ink, x, y, w, h)
    return bool(max(np.count_nonzero(above), np.count_nonzero(below)) <= _LETTERS_BESIDE * w)


def _components(runs: npt.NDArray[np.uint8]) -> Iterator[tuple[tuple[int, int, int, int], npt.NDArray[np.bool_]]]:
    """(x, y, w, h) of each connected run, and which pixels of that box are its own; rows without runs are skipped."""
    for top, bottom in spans(np.asarray(runs.any(axis=1))):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(runs[top:bottom])
        for number, (x, y, w, h, _area) in enumerate(stats[1:].tolist(), start=1):
            yield (x, top + y, w, h), labels[y : y + h, x : x + w] == number


def _beside(ink: npt.NDArray[Any], x: int, y: int, w: int, h: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Where there is ink two pixels above and below a run."""
    height = ink.shape[0]
    return ink[max(0, y - 2), x : x + w] > 0, ink[min(height - 1, y + h + 1), x : x + w] > 0


def enlarge(grey: GreyImage, factor: float) -> GreyImage:
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def crop(picture: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.uint8]:
    return picture[box.y : box.bottom, box.x : box.right]


def ink_colour(rgb: RgbImage, flat: GreyImage, box: Box) -> tuple[int, int, int] | None:
    """The colour of the letters in a box: the median of its stronger flattened pixels, which smoothing pales least.

    A median, since a box may hold the edge of a neighbour in another colour.
    """
    shade = crop(flat, box)
    if shade.size == 0:
        return None
    count = min(shade.size - 1, max(6, int(_STRONG * np.count_nonzero(shade < _INK))))
    limit = np.partition(shade.ravel(), count)[count]
    return _fill(crop(rgb, box)[shade <= limit])


def ground_colour(rgb: RgbImage, flat: GreyImage, box: Box) -> tuple[int, int, int] | None:
    """The colour that the letters in a box stand on: the median of its lightest flattened pixels."""
    shade = crop(flat, box)
    if shade.size == 0:
        return None
    return _fill(crop(rgb, box)[shade >= max(0, int(shade.max()) - _NEARLY)])


def find_controls(rgb: RgbImage) -> tuple[Control, ...]:
    """Rectangles with a visible border or fill: buttons, inputs, tabs, cells; in reading order.

    A rectangle counts when most of each of its four sides lies on an edge. Rounded corners are allowed for. A second
    look closes the gaps that lossy compression breaks into borders.
    """
    steps = _steps(rgb)
    sharp = np.asarray(cv2.threshold(steps, _EDGE_FLOOR, 255, cv2.THRESH_BINARY)[1], np.uint8)
    found = _rectangles(sharp, rgb)
    broken = cv2.threshold(steps, _BROKEN_FLOOR, 255, cv2.THRESH_BINARY)[1]
    broken = cv2.morphologyEx(broken, cv2.MORPH_CLOSE, _CLOSE)
    mended = [c for c in _rectangles(np.asarray(broken, np.uint8), rgb) if c.box.w >= _MIN_FILLED[0]]
    return _without_doubles(found + [c for c in mended if not any(_cuts(c.box, k.box) for k in found)])


def _cuts(box: Box, whole: Box) -> bool:
    """Whether a box cuts through another one, or is a slice of it from top to bottom."""
    across = min(box.right, whole.right) - max(box.x, whole.x)
    down = min(box.bottom, whole.bottom) - max(box.y, whole.y)
    if across <= 0 or down <= 0:
        return False
    is_inside = across >= box.w - 2 and down >= box.h - 2
    is_around = across >= whole.w - 2 and down >= whole.h - 2
    is_slice = is_inside and down >= whole.h - 6 and box.w < whole.w - 6
    return is_slice or not (is_inside or is_around)


def _rectangles(edges: npt.NDArray[np.uint8], rgb: RgbImage) -> list[Control]:
    """The contours of an edge map that are rectangles of the size of a control."""
    found: dict[Box, Control] = {}
    contours, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    width = edges.shape[1]
    near = cv2.dilate(edges, np.ones((3, 3), np.uint8))
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if w < _CONTROL_MIN[0] or h < _CONTROL_MIN[1] or h > _CONTROL_MAX_HEIGHT or w > 0.98 * width or w * 4 < h:
            continue
        box = Box(x, y, w, h)
        if box not in found and _is_bordered(near, box):
            found[box] = Control(box, _kind_of(rgb, box))
    return list(found.values())


def _steps(rgb: RgbImage) -> npt.NDArray[np.uint8]:
    """By how much a channel changes from the pixel on the left or above, whichever is more."""
    steps = np.zeros(rgb.shape[:2], np.uint8)
    steps[:, 1:] = _strongest(cv2.absdiff(rgb[:, 1:], rgb[:, :-1]))
    steps[1:] = cv2.max(steps[1:], _strongest(cv2.absdiff(rgb[1:], rgb[:-1])))
    return steps


def _strongest(rgb: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The highest channel of each pixel; many times faster than numpy's maximum along the last axis."""
    red, green, blue = cv2.split(rgb)
    return cv2.max(cv2.max(red, green), blue)


def _is_bordered(near: npt.NDArray[Any], box: Box, *, share: float = 0.8) -> bool:
    inset = min(6, box.h // 4, box.w // 4)
    top = near[box.y, box.x + inset : box.right - inset]
    bottom = near[box.bottom - 1, box.x + inset : box.right - inset]
    left = near[box.y + inset : box.bottom - inset, box.x]
    right = near[box.y + inset : box.bottom - inset, box.right - 1]
    return all(side.size and np.count_nonzero(side) >= share * side.size for side in (top, bottom, left, right))


def _kind_of(rgb: RgbImage, box: Box) -> ControlKind:
    """A button when its fill is a colour of its own; a field when the fill is paper or the ground around it."""
    if box.w < _MIN_FRAME[0] or box.h < _MIN_FRAME[1]:
        return "box"
    inside = _fill(crop(rgb, Box(box.x + 3, box.y + 3, max(1, box.w - 6), max(1, box.h - 6))))
    outside = _fill(_ring(rgb, box))
    is_grey = max(inside) - min(inside) <= _GREY_SPREAD
    is_paper = min(inside) >= _PAPER or (is_grey and max(inside) <= _DARK_PAPER)
    is_ground = max(abs(a - b) for a, b in zip(inside, outside, strict=True)) <= _EDGE_FLOOR
    return "field" if is_paper or is_ground else "button"


def _fill(pixels: npt.NDArray[np.uint8]) -> tuple[int, int, int]:
    """The median of each channel, rounded down."""
    flat = pixels.reshape(-1, 3)
    middle = [(len(flat) - 1) // 2, len(flat) // 2]
    low, high = np.partition(flat, middle, axis=0)[middle].astype(int)
    red, green, blue = ((int(a) + int(b)) // 2 for a, b in zip(low, high, strict=True))
    return (red, green, blue)


def _ring(rgb: RgbImage, box: Box) -> npt.NDArray[np.uint8]:
    """The rows 4 pixels above and below a box, or its own edge at the border of the screenshot."""
    above, below = max(0, box.y - 4), min(rgb.shape[0] - 1, box.bottom + 3)
    return np.concatenate([rgb[above, box.x : box.right], rgb[below, box.x : box.right]])


def _without_doubles(controls: list[Control]) -> tuple[Control, ...]:
    """One of the outer and inner contour of the same border: the outer one, in reading order."""
    kept: list[Control] = []
    for control in sorted(controls, key=lambda c: -c.box.area):
        box = control.box
        if not any(
            abs(box.x - k.box.x) <= 4
            and abs(box.y - k.box.y) <= 4
            and abs(box.right - k.box.right) <= 4
            and abs(box.bottom - k.box.bottom) <= 4
            for k in kept
        ):
            kept.append(control)
    return tuple(sorted(kept, key=lambda c: (c.box.y, c.box.x)))
