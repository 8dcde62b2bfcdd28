"""What the clock said when the server last ran, so that nothing is purged by a clock that jumped."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from navigation.retention import ClockMark
from navigation.store import files

MARK_FILE = "clock.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now_marked() -> ClockMark:
    """What the clock says now. The seconds go on while the machine sleeps."""
    boot = BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else ""
    return ClockMark(datetime.now(UTC), boot, time.clock_gettime(time.CLOCK_BOOTTIME))


def last_mark(data: Path) -> ClockMark | None:
    """The mark that was kept last; None where there is none that can be read."""
    try:
        kept = json.loads((data / MARK_FILE).read_bytes())
        return ClockMark(datetime.fromisoformat(kept["at"]), str(kept["boot"]), float(kept["up_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def last_number(data: Path) -> int:
    """The number of the newest attempt when the mark was kept; 0 where none was noted."""
    try:
        return int(json.loads((data / MARK_FILE).read_bytes())["attempt"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def keep_mark(data: Path, mark: ClockMark, *, attempt: int | None = None) -> None:
    """Keep a mark, with the number of the newest attempt; without one, the number that was noted stays."""
    noted = last_number(data) if attempt is None else attempt
    body = {"at": mark.at.isoformat(), "boot": mark.boot, "up_s": mark.up_s, "attempt": noted}
    files.write_durably(data, MARK_FILE, json.dumps(body).encode())
