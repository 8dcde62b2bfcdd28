"""How long a good request takes while others hold connections half-open, through the nginx configuration as shipped.

python -m tests.bench.half_open [--connections 200]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.tables import table
from tests.proxying import Proxy, console, half_open, proxied

ASKED = 100
MOST_MS = 1000.0
CUT_S = 25.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, beside = Path(folder) / "data", Path(folder) / "nginx"
        beside.mkdir()
        with console(data) as port, proxied(beside, port) as proxy:
            alone = list(_asked(proxy))
            with half_open(proxy, options.connections) as held:
                among = list(_asked(proxy))
                time.sleep(CUT_S)
                cut = sum(_is_cut(one) for one in held)
    rows = [[name, statistics.median(ms), sorted(ms)[int(len(ms) * 0.95)], max(ms)]
            for name, ms in (("alone", alone), (f"among {options.connections} half-open", among))]  # fmt: skip
    print(table(["/login, a new connection each", "median ms", "p95 ms", "longest ms"], rows))
    print(f"half-open connections cut within {CUT_S:.0f} s: {cut} of {options.connections}")
    return 0 if max(among) <= MOST_MS and cut == options.connections else 1


def _asked(proxy: Proxy) -> Iterator[float]:
    for _ in range(ASKED):
        with proxy.client() as client:
            began = time.perf_counter()
            assert client.get("/login").status_code == 200
            yield (time.perf_counter() - began) * 1000


def _is_cut(begun: object) -> bool:
    begun.settimeout(0.5)  # type: ignore[attr-defined]
    try:
        while data := begun.recv(1000):  # type: ignore[attr-defined]
            del data
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


if __name__ == "__main__":
    raise SystemExit(main())
