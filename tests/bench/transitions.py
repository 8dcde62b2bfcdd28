"""How well presses are verified on a corpus's pairs of screens: `python -m tests.bench.transitions --corpus DIR`.

A pair whose press succeeded must be passed with `landed`; one whose press failed must not be, whatever it led to:
nothing changed, an error message, another screen.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from navigation import Screen
from tests.bench.corpus import HELD_OUT, Case, load_picture, load_transitions
from tests.bench.grounding import Plan, engine_for
from tests.bench.tables import table


@dataclass(frozen=True, slots=True)
class Judged:
    """One pair and what the verifier said."""

    pair: Case
    status: str
    change: str
    said: str

    @property
    def is_right(self) -> bool:
        """Whether a success was passed or a failure was not."""
        return (self.status == "passed") == (self.pair["verdict"] == "ok")


def main() -> None:
    """Measure and print."""
    options = _options()
    plan = Plan(options.corpus, tuple(options.readers.split(",")), options.language, options.keep)
    work = [(plan, pair) for pair in load_transitions(options.corpus)]
    with ProcessPoolExecutor(options.processes) as pool:
        judged = list(pool.map(_judge, work, chunksize=4))
    print(f"readers {options.readers}, language {options.language}, {len(judged)} transitions\n")
    print(_table(judged))
    for item in judged if options.show else ():
        if not item.is_right and item.pair["app"] not in HELD_OUT:
            print(f"{item.pair['id']} {item.pair['verdict']} → {item.status} {item.change} {item.said}")


_engines = {}


def _judge(work: tuple[Plan, Case]) -> Judged:
    plan, pair = work
    if plan not in _engines:
        _engines[plan] = engine_for(plan)
    screen = Screen(present=pair["expect_present"], absent=pair["expect_absent"])
    before, after = (load_picture(plan.corpus, pair[side]) for side in ("before", "after"))
    found = _engines[plan].verify_after(before, after, screen)
    missed = [f"{a.expected} {a.text!r} {a.score:.2f} {a.read_text!r}" for a in found.anchors if not a.is_met]
    return Judged(pair, found.status, found.change or "", f"{found.reason.code} {missed[:3]}")


def _table(judged: Sequence[Judged]) -> str:
    rows = []
    for kind in sorted({j.pair["type"] for j in judged}):
        part = [j for j in judged if j.pair["type"] == kind]
        changes = Counter(j.change for j in part)
        said = ", ".join(f"{count} {change}" for change, count in changes.most_common())
        rows.append([kind, part[0].pair["verdict"], len(part), sum(j.is_right for j in part), said])
    for name, part in (("all", judged), ("held out", [j for j in judged if j.pair["app"] in HELD_OUT])):
        wrong = sum(j.status == "passed" and j.pair["verdict"] != "ok" for j in part)
        rows.append([name, "", len(part), sum(j.is_right for j in part), f"{wrong} failures passed as ok"])
    return table(["press", "verdict", "pairs", "judged right", "said"], rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.transitions", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--readers", default="tesserocr")
    parser.add_argument("--language", default="fra")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder in which readings are kept from run to run")
    parser.add_argument("--show", action="store_true", help="print each miss of the applications tuned on")
    return parser.parse_args()


if __name__ == "__main__":
    main()
