"""How many promises a server breaks when it is killed at random moments while robots post.

python -m tests.bench.kill_loop [--rounds 30] [--seed 1] [--longest 5]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.faults import kill_loop


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--longest", type=float, default=5.0, help="seconds a server lives at most before it is killed")
    options = parser.parse_args()
    report = kill_loop.Report()
    with tempfile.TemporaryDirectory() as folder:
        for report in kill_loop.run(Path(folder), rounds=options.rounds, seed=options.seed, longest_s=options.longest):
            print(f"round {report.rounds}/{options.rounds}: acknowledged {report.acknowledged}", flush=True)
    print(
        f"seed {options.seed}, {report.rounds} kills, {report.acknowledged} attempts acknowledged\n"
        f"acknowledged and lost   {report.lost}\n"
        f"visible by half         {report.half}\n"
        f"under way, interrupted  {report.interrupted}\n"
        f"under way, completed    {report.completed_unseen}\n"
        f"under way, unresolved   {report.unresolved}\n"
        f"readers that outlived   {report.outlived}"
    )
    return 0 if report.is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
