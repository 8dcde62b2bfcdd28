"""A corpus as labelled cases, a simulated audit: what is certified on one half of its targets, and how that holds.

Once in memory, and once the way a person goes: `navconsole import --judge --simulated-audit` into a store, and the
evidence from there.
"""

from __future__ import annotations

import pickle
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from navconsole.cases.importing import Author, bring_in_file
from navconsole.tuning.grids import DEFAULT_MARGINS, DEFAULT_SCORES
from navconsole.tuning.looking import audited_for, samples_for
from navconsole.whatif.answer import ground_again
from navigation.certificates import Plan, look
from navigation.codec import grounding_from_json, grounding_to_json, target_to_json
from navigation.evidence import RIGHT, WRONG, Case, Gathered, Truth, Unit, UnitTable, gather, table_of
from navigation.records import Json
from navigation.risk import grid_of
from navigation.settings import Thresholds
from navigation.store import open_store
from navigation.types import Box, Page, Target
from navigation.would_press import answer_at, seen_of, spans_of
from tests.bench import corpus as corpora
from tests.bench.grounding import Plan as Readers
from tests.bench.grounding import engine_for
from tests.bench.tables import table

LIMITS = Thresholds()
SPLITS = 20
NOW = datetime(2026, 3, 1, tzinfo=UTC)
AGREEMENT = grid_of((0.8, 0.85, 0.9, 0.95, 1.0), (0.02, 0.08, 0.15, 0.3))


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of the corpus with what the engine answered and the page it read."""

    query: corpora.Case
    target: Target
    grounding: Json
    page: Page

    def case(self) -> Case:
        """As a labelled case of a simulated audit; a copy of a screen, larger or worse, is the same screen."""
        query = self.query
        seen = seen_of(self.grounding, target_to_json(self.target), score=LIMITS.score, margin=LIMITS.margin)
        screen = query["screen"]
        boxes = tuple(whole_pixels(box) for box in query["acceptable"])
        return Case(
            id=query["case_id"],
            unit=Unit(query["app"], screen, screen, query["query"], query["kind"]),
            spans=tuple(spans_of(seen)),
            truth=Truth(not query["negative"], boxes),
            rung=self.grounding["method"] or "",
            sample_id="simulated audit",
        )


def whole_pixels(box: Sequence[float]) -> Box:
    left, top, width, height = box
    return Box(round(left), round(top), max(1, round(width)), max(1, round(height)))


# --- the corpus -----------------------------------------------------------------------------------------


def ask_corpus(readers: Readers, kept: Path | None) -> list[Asked]:
    """Every query of the corpus, asked at the product's own limits; kept in a file when there is a folder for it."""
    known = kept / f"asked-{'+'.join(readers.readers)}.pickle" if kept else None
    if known and known.is_file():
        return list(pickle.loads(known.read_bytes()))
    images = corpora.by_image(corpora.load_cases(readers.corpus))
    with ProcessPoolExecutor(2) as pool:
        work = [(readers, image, queries) for image, queries in images.items()]
        asked = [one for found in pool.map(_ask, work, chunksize=1) for one in found]
    if known:
        known.write_bytes(pickle.dumps(asked))
    return asked


_engines: dict[Readers, Any] = {}


def _ask(work: tuple[Readers, str, list[corpora.Case]]) -> list[Asked]:
    readers, image, queries = work
    engine = _engines.setdefault(readers, None) or engine_for(readers)
    _engines[readers] = engine
    page = engine.read(corpora.load_picture(readers.corpus, image))
    targets = [Target(q["query"], "field" if q["kind"] == "field" else "clickable") for q in queries]
    return [
        Asked(query, target, grounding_to_json(engine.ground(page, target)), page)
        for query, target in zip(queries, targets, strict=True)
    ]


def a_plan(alpha: float, **given: Any) -> Plan:
    values = {
        "id": "plan", "application": "", "screen": "", "alpha": alpha, "alpha_absent": alpha, "delta": 0.05,
        "scores": DEFAULT_SCORES, "margins": DEFAULT_MARGINS, "procedure": "multi_start", "mode": "frozen",
        "note": "", "author": "bench", "created_at": NOW,
    }  # fmt: skip
    return Plan(**values | given)


def halves(cases: Sequence[Case], seed: int) -> tuple[list[Case], list[Case]]:
    """Two random halves of the targets; all cases of a target are in one of them."""
    units = sorted({case.unit.key for case in cases})
    first = set(random.Random(seed).sample(units, len(units) // 2))
    return [c for c in cases if c.unit.key in first], [c for c in cases if c.unit.key not in first]


def corpus_part(asked: Sequence[Asked]) -> None:
    cases = [one.case() for one in asked]
    there = len({case.unit.key for case in cases if case.truth.is_there})
    every = len({case.unit.key for case in cases})
    print(f"{len(cases)} cases, {there} targets that are there, {every - there} that are not")
    print(agreement(asked))
    for alpha in (0.05, 0.02, 0.01):
        for absent in (alpha, None):
            print(f"\n## alpha {alpha:.0%}, absent {'not promised' if absent is None else f'{alpha:.0%}'}\n")
            print(_splits(cases, a_plan(alpha, alpha_absent=absent)))


def store_part(readers: Readers, folder: Path) -> None:
    """The same through a store. The corpus is imported as a simulated audit, which certifies nothing that is kept."""
    store = open_store(folder / "navconsole.db")
    began = time.process_time()
    done = bring_in_file(
        store, readers.corpus, Author("bench", "bench", "shell:bench"), engine=lambda: engine_for(readers),
        simulated_audit=True,
    )  # fmt: skip
    took = time.process_time() - began
    applications = store.known_applications(None)
    cases = [case for name in applications for case in gather(audited_for(store, name, "", simulated=True)).cases]
    counted = sum(len(samples_for(store, name, "")) for name in applications)
    print(f"\n# The same through a store\n\n{done.added} cases imported and judged in {took:.0f} s of processor time")
    print(f"{len(cases)} are evidence of a simulated audit; {counted} samples count for a plan that is kept")
    for alpha in (0.05, 0.01):
        print(f"\n## from the store, alpha {alpha:.0%}, absent {alpha:.0%}\n")
        print(_splits(cases, a_plan(alpha)))
    store.close()


def _splits(cases: Sequence[Case], plan: Plan) -> str:
    rows, rates, covered = [], [], []
    for seed in range(SPLITS):
        known, other = halves(cases, seed)
        finding = look(plan, Gathered(tuple(known), {}, {}), ())
        if finding.promise is None:
            needed = finding.needed
            said = f"label {needed.draw} more ({needed.present} there, {needed.absent} not)" if needed else ""
            rows.append([seed, f"{finding.present}/{finding.absent}", said, "", "", "", ""])
            continue
        point = finding.promise.point
        present, absent = (table_of(other, side, [point]) for side in ("present", "absent"))
        rate = _share(present, WRONG)
        rates.append(rate)
        covered.append(_share(present, RIGHT))
        counts = f"{finding.present}/{finding.absent}"
        excluded = ", ".join(part.name for part in finding.promise.excluded)
        setting = f"score {point.score:.2f}, margin {point.margin:.2f}"
        rows.append([seed, counts, setting, f"{rate:.1%}", f"{_share(absent, WRONG):.1%}",
                     f"{_share(present, RIGHT):.1%}", excluded])  # fmt: skip
    heads = ["split", "labelled", "recommended", "wrong", "pressed though absent", "coverage", "does not hold for"]
    over = sum(rate > plan.alpha for rate in rates)
    told = f"{len(rates)} of {SPLITS} certified; on the other half {over} over alpha"
    means = (statistics.mean(rates), statistics.mean(covered)) if rates else (0.0, 0.0)
    mean = f", mean wrong {means[0]:.2%}, mean coverage {means[1]:.1%}" if rates else ""
    return table(heads, rows) + f"\n\n{told}{mean}"


def _share(found: UnitTable, outcome: int) -> float:
    return int(found.count(outcome)[0]) / max(1, len(found.units))


def agreement(asked: Sequence[Asked]) -> str:
    """How the rule from candidates compares with matching the page, over a coarse grid; and whether it errs safely."""
    counts: Counter[str] = Counter()
    for one in asked:
        case, target, kept = one.case(), one.target, grounding_from_json(one.grounding).candidates
        for point in AGREEMENT:
            limits = Thresholds(score=point.score, margin=point.margin)
            exact = ground_again(one.page, target, limits, seen=kept).point_px
            span = answer_at(case.spans, point.score, point.margin)
            likely = span.likely if span else None
            foreseen = [] if span is None else [s for s in (span.likely, *span.possible) if s is not None]
            now, then = (exact.x, exact.y) if exact else None, (likely.x, likely.y) if likely else None
            inside = exact is not None and any(
                s.box[0] <= exact.x < s.box[0] + s.box[2] and s.box[1] <= exact.y < s.box[1] + s.box[3]
                for s in foreseen
            )
            counts["asked"] += 1
            counts["same"] += now == then or (exact is not None and likely is not None and inside)
            counts["refuses instead"] += likely is None and exact is not None
            counts["presses instead"] += likely is not None and exact is None
            counts["not foreseen"] += exact is not None and not inside
    return "rule beside page: " + ", ".join(f"{name} {count}" for name, count in counts.items())
