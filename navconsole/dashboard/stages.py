"""Which stages take the time: median and 95th percentile over the newest attempts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from navconsole.attempts.plots import AFTER_NAMES, LEAST_MS, WHOLE


@dataclass(frozen=True, slots=True)
class StageTime:
    """`median` and `p95` in milliseconds over the `attempts` that had the stage; the bars are 0..100 of the longest."""

    stage: str
    attempts: int
    median: float
    p95: float
    median_bar: float
    p95_bar: float


def stage_times(timings: Iterable[tuple[Mapping[str, float], Mapping[str, float]]]) -> Sequence[StageTime]:
    """Each stage by its median, the slowest first; stages that never reach half a millisecond are left out."""
    times: dict[str, list[float]] = {}
    for before, after in timings:
        for stage, ms in [*before.items(), *((AFTER_NAMES.get(name, name), ms) for name, ms in after.items())]:
            if stage not in WHOLE:
                times.setdefault(stage, []).append(ms)
    told = {stage: (len(all_ms), quantile(all_ms, 0.5), quantile(all_ms, 0.95)) for stage, all_ms in times.items()}
    longest = max((p95 for _, _, p95 in told.values()), default=1.0) or 1.0
    rows = [
        StageTime(stage, n, median, p95, round(100 * median / longest, 2), round(100 * p95 / longest, 2))
        for stage, (n, median, p95) in told.items()
        if p95 >= LEAST_MS
    ]
    return sorted(rows, key=lambda row: (-row.median, row.stage))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
