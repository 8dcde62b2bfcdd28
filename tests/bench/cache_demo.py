"""Remembered places at the demo hospital under every look it has: `python -m tests.bench.cache_demo`."""

from __future__ import annotations

from navigation.engine import Engine
from navigation.settings import Settings
from tests.navconsole.demo.remembering import LOOKS, hospital_in_browser, learn_all, look_up_all

PATIENTS = range(0, 12)


def main() -> None:
    """Print, for each look: places looked up without reading the page, hits, and wrong presses among them."""
    engine = Engine(Settings())
    with hospital_in_browser() as hospital:
        print(f"{learn_all(hospital, engine)} places learned from one patient's screens\n")
        print("| look | looked up | hits | wrong |\n|---|---|---|---|")
        wrong: list[str] = []
        for name, look in LOOKS.items():
            tally = look_up_all(hospital, engine, look, PATIENTS)
            wrong += tally.wrong
            print(f"| {name} | {tally.looked_up} | {tally.hits} | {len(tally.wrong)} |", flush=True)
    print(f"\nwrong clicks from the cache: {len(wrong)}", *wrong, sep="\n")


if __name__ == "__main__":
    main()
