"""What git says of the checkout that is deployed from. Only asks; nothing is ever changed here."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

RUNTIME = re.compile(
    r"\.(db|sqlite3?)(-wal|-shm|-journal)?$|(^|/)(\.env\.local|secret_key|purged\.jsonl|\.?clock\.json)$"
    r"|\.instance\.json$"
)
"""Files that running leaves behind, or that only this machine may have."""
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Checkout:
    """A working tree; `top` is its root."""

    top: Path

    def head(self) -> str:
        return self._ask("rev-parse", "HEAD")[0]

    def tracked_runtime(self, data: Path) -> list[str]:
        """Tracked files that are runtime data by their name, or lie in the data folder."""
        inside = data.resolve()
        names = self._ask("ls-files", "-z")
        return [name for name in names if RUNTIME.search(name) or (self.top / name).resolve().is_relative_to(inside)]

    def changed(self) -> list[str]:
        """Tracked files that were changed here and not committed: a revert would stop at them."""
        return self._ask("diff", "--name-only", "-z", "HEAD")

    def is_ignored(self, name: str) -> bool:
        return _run(self.top, "check-ignore", "-q", name).returncode == 0

    def has(self, commit: str) -> bool:
        """Whether the commit is one that HEAD came from."""
        return _run(self.top, "merge-base", "--is-ancestor", commit, "HEAD").returncode == 0

    def reverts(self, commit: str) -> list[str]:
        """Commands that take back what came after `commit`, newest first, each by a commit of its own."""
        commands = []
        for line in self._ask("rev-list", "--first-parent", "--parents", f"{commit}..HEAD", separator="\n"):
            name, *parents = line.split()
            merge = ["-m", "1"] if len(parents) > 1 else []
            commands.append(shlex.join(["git", "-C", str(self.top), "revert", "--no-edit", *merge, name]))
        return commands

    def _ask(self, *arguments: str, separator: str = "\0") -> list[str]:
        done = _run(self.top, *arguments)
        done.check_returncode()
        return [part for part in done.stdout.rstrip("\n").split(separator) if part]


def checkout_of(folder: Path) -> Checkout | None:
    """The checkout that a folder lies in; None when it lies in none, or git is not here."""
    try:
        done = _run(folder, "rev-parse", "--show-toplevel")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Checkout(Path(done.stdout.strip())) if done.returncode == 0 else None


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
