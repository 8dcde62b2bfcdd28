"""Carries out purges, one step after the other, and keeps them in a list that outlives the database.

The list (`purged.jsonl`, in the data folder) is written before anything goes. It holds keyed hashes, times and names
of applications and agents, no patient text. A restore reads it and purges again what the backup brought back.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from navconsole.cases.files import folder_of, removed_form
from navigation.ids import new_id
from navigation.records import AuditEvent
from navigation.retention import Cutoffs, Purge, Scope, asked_of
from navigation.store import holding
from navigation.store.protocol import Store

LIST = "purged.jsonl"
EXPORTED = ("prepared", "making", "made", "failed")
LOG_TRIES = 20
UNOWNED_FOR = timedelta(days=1)
"""A file without a row is left alone for so long: its row may be about to be stored."""

Told = Callable[[int, int], None]


def purge(store: Store, data: Path, asked: Scope | Cutoffs, *, author: str, told: Told = lambda _d, _a: None) -> Purge:
    """Take what is covered for good. Raises StoreBusyError while a backup or another purge is under way."""
    with holding.held(data / holding.PURGE_LOCK):
        begun = Purge(new_id(), asked.to_json(), author, datetime.now(UTC))
        if isinstance(asked, Scope) or store.covered(asked):
            _remember(data, begun)
            store.begin_purge(begun)
            return _carried_out(store, data, begun, told)
        _remove_files(store)
        return Purge(begun.id, begun.asked, author, begun.begun_at, begun.begun_at, {})


def finish_purges(store: Store, data: Path) -> int:
    """End the purges that were begun and cut off; how many."""
    with holding.held(data / holding.PURGE_LOCK):
        waiting = [one for one in store.purges() if one.ended_at is None]
        for one in waiting:
            _carried_out(store, data, one)
        _remove_files(store)
        return len(waiting)


def purge_again(store: Store, data: Path) -> int:
    """Carry out anew, on a restored store, the purges of the list that it does not know; how many.

    No lock is taken: nobody else has the restored store yet.
    """
    known = {one.id for one in store.purges() if one.ended_at is not None}
    missing = [one for one in listed(data) if one.id not in known]
    for one in missing:
        store.begin_purge(one)
        _carried_out(store, data, one, has_exports=False)
    return len(missing)


def listed(data: Path) -> list[Purge]:
    """The purges of the list, oldest first. Lines that were cut off are passed over: nothing went after them."""
    path = data / LIST
    if not path.exists():
        return []
    return list(_readable(path.read_text(encoding="utf-8").splitlines()))


def _readable(lines: list[str]) -> Iterator[Purge]:
    for line in lines:
        try:
            one = json.loads(line)
            asked_of(one["asked"])
            yield Purge(one["id"], one["asked"], one["author"], datetime.fromisoformat(one["begun_at"]))
        except (ValueError, KeyError, TypeError):
            continue


def _carried_out(
    store: Store, data: Path, begun: Purge, told: Told = lambda _d, _a: None, *, has_exports: bool = True
) -> Purge:
    asked = asked_of(begun.asked)
    expected = sum(store.covered(asked).values())
    gone: Counter[str] = Counter()
    while taken := store.purge_some(asked, datetime.now(UTC)):
        gone.update(taken)
        told(min(sum(gone.values()), expected), expected)
    _remove_files(store)
    if has_exports and isinstance(asked, Scope) and gone["cases"]:
        gone["exports"] = _remove_exports(store, data)
    now = datetime.now(UTC)
    store.end_purge(begun.id, gone, now)
    kind = "scope" if isinstance(asked, Scope) else "age"
    store.audit(AuditEvent(begun.author, "purged", "purge", begun.id, "-", "ok", {"by": kind, **gone}), now)
    empty_log(store)
    return Purge(begun.id, begun.asked, begun.author, begun.begun_at, now, dict(gone))


def _remove_files(store: Store) -> None:
    while store.remove_doomed():
        pass
    store.remove_unowned(datetime.now(UTC) - UNOWNED_FOR)


def empty_log(store: Store) -> bool:
    """Empty the write-ahead log, which still holds what it was before; False when others never let go."""
    for _ in range(LOG_TRIES):
        if store.empty_log():
            return True
        time.sleep(0.1)
    return False


def _remove_exports(store: Store, data: Path) -> int:
    """Exports may hold a case that has gone; they can be made anew."""
    exports = store.exports(states=EXPORTED, limit=10_000)
    for export in exports:
        shutil.rmtree(folder_of(data, export.id), ignore_errors=True)
        store.change_export(removed_form(export), was=export.state)
    return len(exports)


def _remember(data: Path, begun: Purge) -> None:
    line = {"id": begun.id, "asked": begun.asked, "author": begun.author, "begun_at": begun.begun_at.isoformat()}
    handle = os.open(data / LIST, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write("\n" * _is_cut_off(data / LIST) + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _is_cut_off(path: Path) -> bool:
    """Whether the last line of the list was not written to its end."""
    data = path.read_bytes()
    return bool(data) and not data.endswith(b"\n")


def counts_of(done: Purge) -> Mapping[str, int]:
    return {kind: count for kind, count in (done.gone or {}).items() if count}
