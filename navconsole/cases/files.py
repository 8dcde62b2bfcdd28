"""Where the files of exports lie, how long they are kept, and what an export is said to be."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from navconsole.i18n import mark as _
from navigation.case_records import CaseExport, CaseFilter
from navigation.store.protocol import Store

KEPT_FOR: Final = timedelta(hours=24)
FOLDER: Final = "exports"
PROGRESS: Final = "progress"
FORMS: Final[Mapping[str, str]] = {
    "pack": _("fixture pack (navcases/1)"),
    "json": _("one JSON file without pictures"),
    "screenspot": _("ScreenSpot-style JSON with pictures"),
    "coco": _("COCO with pictures"),
    "label-studio": _("Label Studio JSON with pictures"),
}
WHY_LEFT: Final[Mapping[str, str]] = {
    "picture": _("Its picture is gone or damaged."),
    "personal_asked": _("What it asks for may name a person."),
    "personal_shown": _("What must stay on the picture may name a person."),
    "parameters": _("Its screen is known by a value of the moment, such as a patient's number."),
    "changed": _("The engine decides otherwise on the masked picture."),
    "shows_through": _("A word of the original can still be read on the masked picture."),
    "reader": _("The text reader failed on it."),
    "format": _("This format has no word for a refusal."),
    "outdated": _("Its label does not stand any more; make the case anew."),
}


def folder_of(data: Path, export_id: str) -> Path:
    return data / FOLDER / export_id


def file_of(data: Path, export: CaseExport) -> Path:
    return folder_of(data, export.id) / ("cases.json" if export.form == "json" else "cases.zip")


def preview_of(data: Path, export_id: str) -> Path:
    """The folder of the masked pictures that are looked at before the file is made."""
    return folder_of(data, export_id) / "images"


def note_progress(data: Path, export_id: str, done: int, of: int) -> None:
    """How far the making of an export is: beside its files, since another process may show it."""
    folder = folder_of(data, export_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / PROGRESS).write_text(f"{done} {of}", encoding="ascii")


def progress_of(data: Path, export_id: str) -> tuple[int, int] | None:
    """Cases done and cases to do; None when there is no word of it, or half a one."""
    try:
        done, of = (folder_of(data, export_id) / PROGRESS).read_text(encoding="ascii").split()
        return int(done), int(of)
    except (OSError, ValueError):
        return None


def remove_expired(store: Store, data: Path, now: datetime) -> int:
    """Remove the files of exports whose time is over, and what no export names, as after a backup was brought back; how
    many exports were over."""
    unnamed = {path.name for path in (data / FOLDER).glob("*")}  # looked for first: exports are kept before their files
    removed = 0
    for export in store.exports(states=("asked", "prepared", "making", "made", "failed"), limit=10_000):
        if export.expires_at is not None and export.expires_at <= now:
            shutil.rmtree(folder_of(data, export.id), ignore_errors=True)
            store.change_export(removed_form(export), was=export.state)
            removed += 1
        unnamed.discard(export.id)
    for name in unnamed:
        shutil.rmtree(folder_of(data, name), ignore_errors=True)
    return removed


def removed_form(export: CaseExport) -> CaseExport:
    """What stays of an export in the record: counts and reasons, and no text that may name somebody."""
    left = [{**one, "text": ""} for one in export.left]
    return replace(export, state="removed", left=left, asked={**export.asked, "vouched": []})


def filter_of(asked: Mapping[str, Any], applications: Sequence[str] | None) -> CaseFilter:
    """The cases that an export asks for, within what its author may see."""
    return CaseFilter(
        state=asked.get("state", ""), set_id=asked.get("set", ""), application=asked.get("application", ""),
        applications=applications,
    )  # fmt: skip


def counted(left: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, list[Mapping[str, str]]]]:
    """What stays behind by reason, the most frequent first."""
    by_why: dict[str, list[Mapping[str, str]]] = {}
    for one in left:
        by_why.setdefault(one["why"], []).append(one)
    yield from sorted(by_why.items(), key=lambda item: -len(item[1]))
