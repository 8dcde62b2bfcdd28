"""What may stand in the repository, and that the README tells the truth about the settings."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from navconsole.settings import ConsoleSettings
from navigation.errors import SettingsError
from navigation.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20

# Put together here, so that this file does not hold what it looks for.
REGISTRY = re.compile(
    "|".join(
        re.escape(".".join(name))
        for name in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("yarnpkg", "com"),
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
        )
    )
)
CREDENTIAL = re.compile(
    "|".join(
        (
            "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
            r"\bAKIA[0-9A-Z]{16}\b",
            r"\bgh[pousr]_[0-9A-Za-z]{36}\b",
            r"\bsk-[0-9A-Za-z_-]{20,}\b",
            r"\bxox[abpr]-[0-9A-Za-z-]{10,}",
            r"://[^/\s:@{}<>$]+:[^/\s:@{}<>$]{6,}@",
        )
    )
)
NEVER_TRACKED = re.compile(
    r"\.(db|sqlite3?|db-wal|db-shm|pem|key|p12)$|(^|/)(\.env[^/]*|secret_key|instance)(/|$)|^(var|node_modules|dist)/"
)


def tracked() -> list[str]:
    # The owner of the folder may be another one than who runs the tests, as in a container.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data:
            yield name, data.decode("utf-8")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [f"{name}: {match[0]}" for name, text in texts() for match in pattern.finditer(text)]


def test_git_lists_the_files_of_this_project() -> None:
    assert {"README.md", "pyproject.toml", "navigation/types.py"} <= set(tracked())


def test_no_runtime_data_is_tracked() -> None:
    assert [name for name in tracked() if NEVER_TRACKED.search(name)] == []


@pytest.mark.parametrize(
    "name",
    ["navconsole.db", "var/data/x.webp", ".env.local", "a/instance/b", "k.pem", "x.db-wal", "var/data/secret_key"],
)
def test_what_may_not_be_tracked_is_recognised(name: str) -> None:
    assert NEVER_TRACKED.search(name)


@pytest.mark.parametrize(
    "name", ["var/data/navconsole.db", "other/place/navconsole.db-wal", ".env.local", "dist/x.whl"]
)
def test_git_ignores_what_running_leaves_behind(name: str) -> None:
    command = ["git", "-c", "safe.directory=*", "check-ignore", "-q", name]
    assert subprocess.run(command, cwd=ROOT).returncode == 0


def test_no_file_is_over_one_mebibyte() -> None:
    assert [name for name in tracked() if (ROOT / name).stat().st_size > MIB] == []


def test_no_registry_host_is_named() -> None:
    assert found(REGISTRY) == []


def test_no_credential_is_tracked() -> None:
    assert found(CREDENTIAL) == []


def test_a_credential_would_be_recognised() -> None:
    assert CREDENTIAL.search("-----BEGIN RSA PRIVATE" + " KEY-----")
    assert CREDENTIAL.search("postgresql://robot:" + "hunter22@db.example/x")
    assert not CREDENTIAL.search("http://127.0.0.1:5005/@me")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_python_locks_name_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = re.findall(r"^[A-Za-z0-9][^\s=]*==", text, re.MULTILINE)
    assert len(packages) > 20
    assert len(re.findall(r"^[A-Za-z0-9][^\n]*==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(packages)
    assert "://" not in text
    assert "index-url" not in text


def test_the_browser_lock_names_integrity_and_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert all("resolved" not in entry for entry in packages.values())


# --- the README's settings ------------------------------------------------------------------------


class Asked(dict[str, str]):
    """An environment that notes which variables were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


NEEDED = {"SECRET_KEY": "k" * 40}


def readme_settings() -> dict[str, str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? *\| (.+) \|$", text, re.MULTILINE)
    assert all(meaning for _, _, meaning in rows)
    defaults = {name: value for name, value, _ in rows}
    assert len(defaults) == len(rows)
    return defaults


def test_the_readme_lists_the_settings_that_exist() -> None:
    asked = Asked(NEEDED)
    Settings.from_env(asked)
    ConsoleSettings.from_env(asked)
    assert set(readme_settings()) == asked.names


def test_the_readme_states_the_defaults_in_force() -> None:
    stated = {name: value for name, value in readme_settings().items() if value}
    assert stated
    for kind in (Settings, ConsoleSettings):
        assert kind.from_env({**stated, **NEEDED}) == kind.from_env(NEEDED)


NUMBERS = [name for name, value in readme_settings().items() if re.fullmatch(r"\d+(\.\d+)?", value)]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_none_is_refused_by_its_name(name: str) -> None:
    kind = ConsoleSettings if name.startswith("NAVCONSOLE_") else Settings
    with pytest.raises(SettingsError) as raised:
        kind.from_env({name: "plenty", **NEEDED})
    assert raised.value.variable == name
    assert name in raised.value.detail


def test_the_readme_s_commands_exist_in_the_makefile() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = {shlex.split(line.split("#")[0])[1] for line in re.findall(r"^    make [^\n]+$", text, re.MULTILINE)}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_the_readme_s_example_runs_as_printed(tmp_path: Path) -> None:
    """On a screen with one button of that name; its text, and not a neighbour's, is what is pressed."""
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    screen = Image.new("RGB", (640, 360), "white")
    draw = ImageDraw.Draw(screen)
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 20)
    draw.rectangle((200, 200, 400, 250), fill="#1a5fb4")
    draw.text((300, 225), "Se connecter", fill="white", font=font, anchor="mm")
    draw.text((200, 100), "Mot de passe oublié", fill="black", font=font)
    screen.save(tmp_path / "screen.png")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    outcome, x, y = re.match(r"(\w+) Point\(x=(\d+), y=(\d+)\)", done.stdout).groups()
    assert outcome == "found"
    assert 200 <= int(x) < 400
    assert 200 <= int(y) < 250


def test_every_local_link_of_the_documents_leads_somewhere() -> None:
    missing = []
    for name in tracked():
        if name.endswith(".md"):
            for link in re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8")):
                if not ((ROOT / name).parent / link).exists():
                    missing.append(f"{name}: {link}")
    assert missing == []
