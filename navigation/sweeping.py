"""What every setting of a grid would have done with many attempts, by their stored candidates. Pure; counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from navigation.would_press import Seen, Span, spans_of

Grid = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Counts at each (margin, score) of two rising axes, of `attempts` in all; arrays are [margins, scores].

    `presses`: most likely something is pressed, `elsewhere` another place than the attempt pressed; `doubtful`: the
    record does not settle what is done.
    """

    scores: tuple[float, ...]
    margins: tuple[float, ...]
    attempts: int
    presses: Grid
    elsewhere: Grid
    doubtful: Grid

    def plus(self, other: Sweep) -> Sweep:
        """Both counted together; they must be of the same axes."""
        if (self.scores, self.margins) != (other.scores, other.margins):
            raise ValueError("sweeps of different grids do not add up")
        return replace(
            self,
            attempts=self.attempts + other.attempts,
            presses=self.presses + other.presses,
            elsewhere=self.elsewhere + other.elsewhere,
            doubtful=self.doubtful + other.doubtful,
        )


def nothing_swept(scores: Sequence[float], margins: Sequence[float]) -> Sweep:
    """The sweep of no attempts, to add others to."""
    axes = tuple(sorted(set(scores))), tuple(sorted(set(margins)))
    zero = np.zeros((len(axes[1]), len(axes[0])), np.int64)
    return Sweep(*axes, 0, zero, zero, zero)


def sweep(attempts: Iterable[Seen], scores: Sequence[float], margins: Sequence[float]) -> Sweep:
    """Count what each setting would do. Time grows with the attempts, not with the grid.

    Each span adds to four corners of its rectangle; sums along both axes then give the counts inside.
    """
    empty = nothing_swept(scores, margins)
    spans: list[Span] = []
    moved: list[bool] = []
    count = 0
    for seen in attempts:
        count += 1
        own = seen.model[0] if seen.model else seen.winner
        for span in spans_of(seen):
            spans.append(span)
            moved.append(own is not None and span.likely is not None and span.likely != own)
    if not spans:
        return replace(empty, attempts=count)
    likely = np.array([span.likely is not None for span in spans])
    doubtful = np.array([bool(span.possible) for span in spans])
    corners = _corners(spans, empty)
    totals = [_inside(corners, mask, empty) for mask in (likely, np.array(moved), doubtful)]
    return Sweep(empty.scores, empty.margins, count, *totals)


def _corners(spans: Sequence[Span], axes: Sweep) -> tuple[NDArray[np.intp], ...]:
    """The first and last row and column that each span reaches, on the axes."""
    bounds = np.array([span[:4] for span in spans], np.float64)
    left, right = (np.searchsorted(axes.scores, bounds[:, at], side="right") for at in (0, 1))
    below, above = (np.searchsorted(axes.margins, bounds[:, at], side="right") for at in (2, 3))
    return left, right, below, above


def _inside(corners: tuple[NDArray[np.intp], ...], mask: NDArray[np.bool_], axes: Sweep) -> Grid:
    left, right, below, above = (corner[mask] for corner in corners)
    steps = np.zeros((len(axes.margins) + 1, len(axes.scores) + 1), np.int64)
    for row, column, step in ((below, left, 1), (above, right, 1), (below, right, -1), (above, left, -1)):
        np.add.at(steps, (row, column), step)
    return np.asarray(steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1], np.int64)
