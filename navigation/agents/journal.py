"""What an agent has done, on its own disk: written before and after each deed, so that an agent that was killed never
does one twice."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from navigation.ids import new_id

State = Literal["unknown", "begun", "done"]
FILE = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of an instruction: never heard of, begun (done or not, nobody knows), or done, and how."""

    state: State
    said: str = ""
    was_pressed: bool = False


UNKNOWN = Noted("unknown")


class Journal:
    """The notes of one agent in a folder of its own; each is on the disk when the method returns.

    Holds ids and outcomes only, never a text. `client` is the agent's id, the same as long as the folder is there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / FILE
        self._noted: dict[str, Noted] = {}
        self.client = ""
        self.open_run: str | None = None
        """The run that was begun and has not ended, as far as is known."""
        self.answered = 0
        """The number of the last instruction of that run whose result was acknowledged."""
        for line in self._lines():
            self._read(line)
        if not self.client:
            self._begin(new_id(), None)

    def begin_run(self, run_id: str) -> None:
        """A new run; what was noted of the one before it is not needed any more."""
        self._noted.clear()
        self._begin(self.client, run_id)

    def note_begun(self, instruction_id: str) -> None:
        self._note({"id": instruction_id, "state": "begun"})

    def note_done(self, instruction_id: str, said: str, *, was_pressed: bool) -> None:
        self._note({"id": instruction_id, "state": "done", "said": said, "pressed": was_pressed})

    def note_answered(self, number: int) -> None:
        self._note({"answered": number})

    def note_end(self) -> None:
        self._note({"end": True})

    def of(self, instruction_id: str) -> Noted:
        return self._noted.get(instruction_id, UNKNOWN)

    def _begin(self, client: str, run_id: str | None) -> None:
        """A new file in the place of the old one, whole or not at all."""
        line: dict[str, Any] = {"client": client, "run": run_id}
        beside = self._path.with_suffix(".new")
        _write(beside, "w", line)
        beside.replace(self._path)
        _sync_folder(self._path.parent)
        self._read(line)

    def _note(self, line: Mapping[str, Any]) -> None:
        _write(self._path, "a", line)
        self._read(line)

    def _read(self, line: Mapping[str, Any]) -> None:
        if "client" in line:
            self.client, self.open_run, self.answered = line["client"], line["run"], 0
        elif "answered" in line:
            self.answered = line["answered"]
        elif "end" in line:
            self.open_run = None
        else:
            self._noted[line["id"]] = Noted(line["state"], line.get("said", ""), line.get("pressed", False))

    def _lines(self) -> list[dict[str, Any]]:
        """Every whole line; one that a kill cut short was not acknowledged, and is taken off."""
        if not self._path.exists():
            return []
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        return [json.loads(line) for line in whole.splitlines()]


def _write(path: Path, mode: Literal["w", "a"], line: Mapping[str, Any]) -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
