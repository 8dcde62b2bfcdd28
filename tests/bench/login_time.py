"""Whether the time of a refused log-in tells an account from none: unknown name, wrong password, disabled account.

    python -m tests.bench.login_time [TRIES]

In random order, each in its own processor time (the machine's other work does not count). `told` is how often, of one
try of each of two kinds, the first takes longer (0.50: the time tells nothing).
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from navconsole.auth.login import try_login
from navconsole.auth.passwords import hash_password
from navigation.store import open_store
from navigation.store.protocol import Store
from tests.bench.tables import table

KINDS = ("unknown", "wrong", "disabled")
TRIES = 1000
SOURCE = "10.0.0.1"


def measured(store: Store, tries: int, seed: int = 9) -> Mapping[str, Sequence[float]]:
    """Milliseconds of processor time by kind, of `tries` refused log-ins in all."""
    secret = hash_password("correct horse battery staple")
    store.add_user(name="an administrator", role="admin", password_hash=secret)
    for name in ("wrong", "disabled"):
        user = store.add_user(name=name, role="viewer", password_hash=secret)
        store.set_active(user.id, name == "wrong")
    order = [KINDS[number % len(KINDS)] for number in range(tries)]
    random.Random(seed).shuffle(order)
    spent: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind in KINDS:  # once before: what is made at first use
        try_login(store, kind, "not the right password", source=SOURCE, device_is_known=True)
    for kind in order:
        store.clear_login_failures(kind)  # otherwise the sixth waits, and costs nothing
        began = time.process_time()
        result = try_login(store, kind, "not the right password", source=SOURCE, device_is_known=True)
        spent[kind].append((time.process_time() - began) * 1000)
        assert result.user is None
        assert not result.wait
    return spent


def told(first: Sequence[float], second: Sequence[float]) -> float:
    """How often one of `first` is longer than one of `second`, ties counting half."""
    wins = sum((a > b) + (a == b) / 2 for a in first for b in second)
    return wins / (len(first) * len(second))


def main() -> None:
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else TRIES
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "nav.db")
        spent = measured(store, tries)
        store.close()
    print(table(("kind", "tries", "median ms"), [(k, len(v), statistics.median(v)) for k, v in spent.items()]))
    print()
    pairs = [(f"{a}, {b}", f"{told(spent[a], spent[b]):.2f}") for a, b in combinations(KINDS, 2)]
    print(table(("pair", "told"), pairs))


if __name__ == "__main__":
    main()
