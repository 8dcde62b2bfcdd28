"""docs/security.md says of each promise which test holds it; this holds the page to it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
STATEMENTS, _, FAULTS = PAGE.partition("\n## Faults\n")
ROW = re.compile(r"^\| (\d+) \| (held|partly|not yet|n/a) \| (.*) \|$", re.MULTILINE)


def test_every_statement_and_every_fault_is_there_once_and_in_order() -> None:
    assert [int(number) for number, _, _ in ROW.findall(STATEMENTS)] == list(range(1, 61))
    assert [int(number) for number, _, _ in ROW.findall(FAULTS)] == list(range(1, 66))


def test_every_test_that_is_named_exists() -> None:
    existing = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        existing.update(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 80
    assert named - existing == set()


def test_what_is_held_names_a_test_or_says_why_none_is_needed() -> None:
    needless = {
        (STATEMENTS, "4"): "there is no such field",
        (FAULTS, "59"): "nothing changes it while the server runs",
    }
    for part in (STATEMENTS, FAULTS):
        for number, state, text in ROW.findall(part):
            if state == "held" and "`test_" not in text:
                assert needless[part, number] in text
