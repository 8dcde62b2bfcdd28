"""Writes the bill of materials (CycloneDX 1.6, JSON) of what is installed, from the lock files and nothing else.

    python scripts/sbom.py [FILE]

Versions and hashes are those of `requirements.lock` and `package-lock.json`, so that the file says what a set-up takes.
The serial number comes from the contents: the same locks give the same file, but for `timestamp`.
"""

import base64
import json
import re
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_components(lock):
    """One for each package of a lock made by uv or pip-tools; the hashes are those of its files."""
    found = list(PINNED.finditer(lock))
    ends = [one.start() for one in found[1:]] + [len(lock)]
    return [
        _component("pypi", one[1].lower(), one[2], [("SHA-256", h) for h in HASH.findall(lock[one.end() : end])])
        for one, end in zip(found, ends, strict=True)
    ]


def npm_components(lock):
    """One for each package of an npm lock of version 3; its integrity is base64 of a hash."""
    named = {path.removeprefix("node_modules/"): entry for path, entry in lock["packages"].items() if path}
    return [
        _component("npm", name, entry["version"], [_integrity(entry["integrity"])]) for name, entry in named.items()
    ]


def bill(root=ROOT, now=None):
    """The whole bill, as it is written."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    components = python_components((root / "requirements.lock").read_text(encoding="utf-8"))
    components += npm_components(json.loads((root / "package-lock.json").read_text(encoding="utf-8")))
    components.sort(key=lambda one: one["bom-ref"])
    ours = {"type": "application", "bom-ref": project["name"], "name": project["name"], "version": project["version"]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([ours, components]))}",
        "version": 1,
        "metadata": {"timestamp": (now or datetime.now(UTC)).isoformat(timespec="seconds"), "component": ours},
        "components": components,
    }


def _component(kind, name, version, hashes):
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    listed = [{"alg": algorithm, "content": digest} for algorithm, digest in sorted(hashes)]
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": listed}


def _integrity(text):
    algorithm, _, digest = text.partition("-")
    return algorithm.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex()


def main():
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "sbom.cdx.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    made = bill()
    target.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {len(made['components'])} components")


if __name__ == "__main__":
    main()
