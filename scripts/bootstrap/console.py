"""What the set-up says, in French or English, and how it runs a command that takes a while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

MESSAGES = {
    "packages": ("system packages: {names}", "paquets du système : {names}"),
    "venv": ("Python packages, into .venv", "paquets Python, dans .venv"),
    "project": ("navconsole itself, into .venv", "navconsole lui-même, dans .venv"),
    "browser": ("browser libraries, into static/vendor", "bibliothèques du navigateur, dans static/vendor"),
    "done": ("done in {seconds:.1f} s", "fait en {seconds:.1f} s"),
    "still": ("still at it after {seconds:.0f} s", "toujours en cours après {seconds:.0f} s"),
    "ready": ("Set-up: ready in {seconds:.1f} s.", "Installation : prête en {seconds:.1f} s."),
    "waiting": (
        "Another set-up of this folder is under way; waiting for it to end.",
        "Une autre installation de ce dossier est en cours ; attente de sa fin.",
    ),
    "interrupted": (
        "Set-up stopped. Nothing is lost: run the same command again and it goes on from here.",
        "Installation interrompue. Rien n'est perdu : relancez la même commande, elle reprendra ici.",
    ),
    "old_python": (
        "This needs Python 3.11 or later, and found {found}. Name another one: make PYTHON=python3.12 …",
        "Il faut Python 3.11 ou plus récent, et c'est {found}. Indiquez-en un autre : make PYTHON=python3.12 …",
    ),
    "install_by_hand": (
        "Some system packages are missing, and only root or sudo on Debian installs them here. Install: {names}",
        "Il manque des paquets du système, que seul root ou sudo sous Debian installe ici. Installez : {names}",
    ),
    "still_missing": (
        "Packages were installed, yet these are still not usable: {names}. The log is {log}.",
        "Les paquets ont été installés, mais ceux-ci restent inutilisables : {names}. Journal : {log}.",
    ),
    "command_failed": (
        "“{command}” failed with status {result}. Its last lines are above, all of them in {log}. "
        "If the network was away, run the same command again.",
        "« {command} » a échoué avec le code {result}. Ses dernières lignes sont ci-dessus, toutes dans {log}. "
        "Si le réseau manquait, relancez la même commande.",
    ),
}
HEARTBEAT_S = 15.0
LAST_LINES = 15


class SetupError(Exception):
    """Stops the set-up; `code` is a key of `MESSAGES`, `status` what the program exits with."""

    def __init__(self, code, /, status=2, **values):
        super().__init__(code)
        self.code = code
        self.status = status
        self.values = values


@dataclass
class Step:
    """One part of the set-up. `is_done` only looks; `run` does the work and leaves the stamp."""

    title: str
    is_done: Callable[[], bool]
    run: Callable[[Console], None]
    values: dict = field(default_factory=dict)


def is_french(env):
    """Whether the locale's variables ask for French, in the order in which they override each other."""
    chosen = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return chosen.lower().startswith("fr")


class Console:
    """Writes lines for a person and keeps the output of commands in a log."""

    def __init__(self, log_path, out=None, env=os.environ):
        self._log_path = log_path
        self._out = out or sys.stdout
        self._language = 1 if is_french(env) else 0
        self._started = None
        self._has_worked = False

    def text(self, code, /, **values):
        return MESSAGES[code][self._language].format(**values)

    def say(self, code, /, **values):
        print(self.text(code, **values), file=self._out, flush=True)

    def begin(self, number, count, title, **values):
        if not self._has_worked:
            self._log_path.unlink(missing_ok=True)  # the log is of the last set-up that had something to do
        self._started = time.monotonic()
        self._has_worked = True
        print(f"[{number}/{count}] {self.text(title, **values)} …", file=self._out, flush=True)

    def end(self):
        self.say_under("done", seconds=time.monotonic() - self._started)

    def say_under(self, code, /, **values):
        print(f"      {self.text(code, **values)}", file=self._out, flush=True)

    def fail(self, error):
        print(self.text(error.code, log=self._log_path, **error.values), file=sys.stderr, flush=True)

    def ready(self, seconds):
        """Say that all is there, unless there was nothing to do."""
        if self._has_worked:
            self.say("ready", seconds=seconds)

    def run(self, command, *, cwd=None, keep_open=(), own_group=True):
        """Run `command` to its end, its output in the log; a line every 15 s shows that it lives.

        `keep_open`: file descriptors that the child keeps, such as the lock. `own_group`: when this program is
        interrupted, the child ends together with all that it has started. Raises SetupError when the command fails,
        after showing its last lines.
        """
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("a+b") as log:
            start = log.seek(0, os.SEEK_END)
            child = subprocess.Popen(
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=keep_open,
                process_group=0 if own_group else None,
            )
            try:
                code = self._wait(child)
            except BaseException:
                self._end(child, own_group)
                raise
            if code != 0:
                log.seek(start)
                self._show_end(log.read())
                raise SetupError("command_failed", status=1, command=" ".join(map(str, command[:4])), result=code)

    def _wait(self, child):
        while True:
            try:
                return child.wait(timeout=HEARTBEAT_S)
            except subprocess.TimeoutExpired:
                self.say_under("still", seconds=time.monotonic() - self._started)

    def _end(self, child, own_group):
        if own_group:
            os.killpg(child.pid, signal.SIGTERM)
        else:
            with suppress(PermissionError):  # sudo belongs to root; it passes on the terminal's Ctrl-C by itself
                child.terminate()
        child.wait()

    def _show_end(self, output):
        for line in output.decode("utf-8", "replace").splitlines()[-LAST_LINES:]:
            print(f"      | {line}", file=self._out, flush=True)
