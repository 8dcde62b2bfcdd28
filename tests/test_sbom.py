"""The bill of materials says what the lock files say: every package, its version, its hashes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    target = tmp_path_factory.mktemp("sbom") / "deep" / "sbom.json"
    subprocess.run([sys.executable, str(ROOT / "scripts" / "sbom.py"), str(target)], check=True)
    found: dict[str, object] = json.loads(target.read_text(encoding="utf-8"))
    return found


def test_the_bill_names_each_locked_package_once_with_its_hashes(made: dict[str, object]) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE))
    browser = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    pinned |= {(path.removeprefix("node_modules/"), entry["version"]) for path, entry in browser.items() if path}
    components: list[dict[str, object]] = made["components"]  # type: ignore[assignment]
    assert sorted((one["name"], one["version"]) for one in components) == sorted(pinned)
    assert len({one["bom-ref"] for one in components}) == len(components)
    hashes = [item for one in components for item in one["hashes"]]  # type: ignore[attr-defined]
    assert sum(item["alg"] == "SHA-256" for item in hashes) == lock.count("--hash=sha256:")
    assert all(re.fullmatch("[0-9a-f]{64}|[0-9a-f]{128}", item["content"]) for item in hashes)
    assert all(one["hashes"] for one in components)


def test_the_bill_is_cyclonedx_and_the_same_for_the_same_locks(made: dict[str, object]) -> None:
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    again = subprocess.run(
        [sys.executable, "-c", "import json, scripts.sbom as s; print(json.dumps(s.bill()))"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(again.stdout)["serialNumber"] == made["serialNumber"]
