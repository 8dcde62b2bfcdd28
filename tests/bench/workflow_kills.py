"""How many promises are broken when servers and agents are killed at random moments while workflows are walked.

python -m tests.bench.workflow_kills [--rounds 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.faults import workflow_kills


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    kills = workflow_kills.Kills()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for kills in workflow_kills.run(Path(folder), rounds=options.rounds, seed=options.seed):
            print(f"round {kills.rounds}/{options.rounds}: {kills.acknowledged} acknowledged", flush=True)
    print(
        f"seed {options.seed}, {kills.rounds} rounds in {time.monotonic() - began:.0f} s, killed {kills.killed}\n"
        f"runs done               {kills.done}\n"
        f"runs stopped            {kills.stopped}\n"
        f"runs interrupted        {kills.interrupted}\n"
        f"presses                 {kills.presses}\n"
        f"answers acknowledged    {kills.acknowledged}\n"
        f"pressed twice           {kills.pressed_twice}\n"
        f"acknowledged and lost   {kills.lost}\n"
        f"left running            {kills.left_running}"
    )
    return 0 if kills.is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
