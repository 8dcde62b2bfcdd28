"""The checks of `navconsole doctor`, most of which `deploy-check` makes, too. Each gives what it found; none raises."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from navconsole.bars import Step
from navconsole.i18n import mark as _
from navconsole.operations import machine
from navconsole.operations.backing_up import backups_in
from navconsole.operations.clock import last_mark, last_number, now_marked
from navconsole.operations.findings import Finding
from navconsole.settings import DATABASE_FILE, KEY_FILE
from navconsole.terminal import explained, gettext
from navconsole.versions import product_version
from navigation.errors import NavigationError, StoreError
from navigation.ocr import open_named_reader
from navigation.retention import clock_jump, has_jumped
from navigation.settings import Settings
from navigation.store import blobs, files, instance, sqlite, standalone
from navigation.store.backups import PICTURES
from navigation.store.restoring import STAGING, left_by_restores
from navigation.store.schema import latest_version

MIB = 1 << 20
FEW_INODES = 0.02
OLD_BACKUP = timedelta(hours=26)
"""A nightly backup and two hours of delay."""


def versions() -> Iterator[Finding]:
    number = sqlite.driver().sqlite_version
    yield Finding("versions", "ok", _("navconsole %(product)s, Python %(python)s, SQLite %(sqlite)s."),
                  {"product": product_version(), "python": platform.python_version(), "sqlite": number})  # fmt: skip
    if not sqlite.is_fixed(sqlite.driver().sqlite_version_info):
        text = _("SQLite %(sqlite)s can lose what was committed. Install pysqlite3, or SQLite 3.51.3 or later.")
        yield Finding("sqlite", "failure", text, {"sqlite": number})


def readers(settings: Settings) -> Iterator[Finding]:
    running = 0
    for name in settings.readers:
        try:
            reader = open_named_reader(name, settings)
        except NavigationError as err:
            is_extra = name == "rapidocr"
            text = (
                _("The reader %(reader)s is not there: %(why)s. Faint and coloured texts are refused more often.")
                if is_extra
                else _("The reader %(reader)s cannot run: %(why)s")
            )
            yield Finding("reader", "note" if is_extra else "warning", text, {"reader": name, "why": explained(err)})
        else:
            running += name != "rapidocr"
            text = _("The reader %(reader)s runs: %(version)s, language %(language)s.")
            values = {"reader": name, "version": reader.version, "language": settings.language}
            yield Finding("reader", "ok", text, values)
    if not running:
        text = _("No reader can run, so every attempt ends as “reader unavailable”. Install tesseract and its data.")
        yield Finding("readers", "failure", text)


def disk(data: Path, floor_bytes: int) -> Iterator[Finding]:
    free, floor = files.floor_of(data, floor_bytes)
    values = {"free": free // MIB, "floor": floor // MIB, "folder": data}
    if free < floor:
        text = _("%(free)s MiB are free under %(folder)s, less than the %(floor)s that are kept for labels and the "
                 "audit log: screenshots are refused. Make room.")  # fmt: skip
        yield Finding("disk", "failure", text, values)
    elif free < 2 * floor:
        yield Finding("disk", "warning", _("%(free)s MiB are free under %(folder)s; below %(floor)s screenshots are "
                                           "refused. Make room soon."), values)  # fmt: skip
    else:
        yield Finding("disk", "ok", _("%(free)s MiB are free under %(folder)s."), values)
    inodes, every = machine.free_inodes(data)
    if every and inodes < every * FEW_INODES:
        text = _("The disk has few names of files left (%(inodes)s inodes), so it will seem full. Remove small files.")
        yield Finding("inodes", "warning", text, {"inodes": inodes})


def file_system(data: Path) -> Iterator[Finding]:
    mount = machine.mount_of(data)
    if mount is None:
        return
    values = {"kind": mount.kind, "folder": data}
    if mount.is_networked:
        text = _("%(folder)s lies on a network file system (%(kind)s), on which a database like this gets damaged. "
                 "Move it to a disk of this machine.")  # fmt: skip
        yield Finding("file_system", "failure", text, values)
    encrypted = machine.is_encrypted(mount)
    if encrypted:
        yield Finding("encryption", "ok", _("The disk under %(folder)s is encrypted."), values)
    else:
        text = (
            _("The disk under %(folder)s is not encrypted, and what lies there shows patients. Use LUKS or the like.")
            if encrypted is False
            else _("Whether the disk under %(folder)s is encrypted cannot be seen from here. What lies there shows "
                   "patients: make sure that it is.")
        )  # fmt: skip
        yield Finding("encryption", "warning" if encrypted is False else "note", text, values)


def rights(data: Path) -> Iterator[Finding]:
    checked = [data, data / DATABASE_FILE, data / PICTURES, data / KEY_FILE, data / "backups"]
    there = [path for path in checked if path.exists()]
    for path in there:
        if machine.open_to_others(path):
            mode = "700" if path.is_dir() else "600"
            text = _("%(path)s may be read by other accounts of this machine. Run: chmod %(mode)s %(path)s")
            yield Finding("rights", "failure", text, {"path": path, "mode": mode})
        if not machine.is_ours(path):
            text = _("%(path)s belongs to another account than the one that runs this; the server may not write it.")
            yield Finding("owner", "warning", text, {"path": path})
    if there and not any(machine.open_to_others(path) for path in there):
        yield Finding("rights", "ok", _("Only this account may read the data folder."))


def clock(data: Path) -> Iterator[Finding]:
    last, now = last_mark(data), now_marked()
    if has_jumped(last, now):
        hours = f"{clock_jump(last, now).total_seconds() / 3600:.0f}"
        text = _("The clock is %(hours)s hours from where it should be since the server last ran: nothing is purged by "
                 "age. If it is right, run: navconsole purge --yes --clock-is-right")  # fmt: skip
        yield Finding("clock", "warning", text, {"hours": hours})
    elif machine.is_clock_synchronised() is False:
        text = _("No time server keeps this machine's clock. Times in the audit log may be wrong; set up NTP.")
        yield Finding("clock", "warning", text)
    else:
        yield Finding("clock", "ok", _("The clock says %(now)s."), {"now": now.at.isoformat(timespec="seconds")})


def database(data: Path) -> Iterator[Finding]:
    path = data / DATABASE_FILE
    try:
        instance.check_before(path, create=False)
        schema = standalone.schema_of(path)
        marked = instance.marked_id(instance.marker_of(path))
        if marked is not None and marked != standalone.instance_of(path):
            yield Finding("instance", "failure", _("The database is not the one that belongs to this folder. Put the "
                                                   "right file back, or restore the last backup."))  # fmt: skip
        yield from _schema(schema)
        yield from _lost(data, standalone.last_attempt(path))
    except StoreError as err:
        yield Finding("database", "failure", "%(why)s", {"why": explained(err)})
        return
    size = standalone.log_bytes(path)
    if size > standalone.LARGE_LOG:
        text = _("The write-ahead log is %(size)s MiB: something has been reading for long, or the disk is slow. "
                 "Restart the server if it goes on growing.")  # fmt: skip
        yield Finding("log", "warning", text, {"size": size // MIB})


def _schema(schema: str | None) -> Iterator[Finding]:
    values = {"schema": schema, "latest": latest_version()}
    if schema == latest_version():
        yield Finding("schema", "ok", _("The database has the schema of this version (%(schema)s)."), values)
    elif schema is not None and schema > latest_version():
        text = _("The database was made by a newer version (schema %(schema)s, this one knows %(latest)s). Install "
                 "that version again, or restore the backup made before the upgrade.")  # fmt: skip
        yield Finding("schema", "failure", text, values)
    else:
        text = _("The database has the older schema %(schema)s; “navconsole migrate”, or the next start of the server, "
                 "brings it to %(latest)s, with a backup first.")  # fmt: skip
        yield Finding("schema", "warning", text, values)


def _lost(data: Path, last: int) -> Iterator[Finding]:
    """A copy without its write-ahead log, or an older file put back, has fewer attempts than the server had stored."""
    noted = last_number(data)
    if last < noted:
        text = _("The database ends at attempt number %(last)s, but the server had stored %(noted)s: its log (-wal) "
                 "was lost, or an older file was put here. Restore the last backup.")  # fmt: skip
        yield Finding("lost", "failure", text, {"last": last, "noted": noted})


def leftovers(data: Path) -> Iterator[Finding]:
    for path in left_by_restores(data):
        text = _("%(path)s was left by a restore and shows patients. Remove it when all is well.")
        yield Finding("former", "warning", text, {"path": path})
    if (data / STAGING).exists():
        text = _("%(path)s was left by a restore that was cut off, or that is under way. If none is, remove it.")
        yield Finding("staging", "warning", text, {"path": data / STAGING})


def backups(where: Path, now: datetime | None = None) -> Iterator[Finding]:
    found = backups_in(where) if where.is_dir() else []
    if not found:
        text = _("There is no backup in %(where)s. Make one: navconsole backup %(where)s")
        yield Finding("backup", "failure", text, {"where": where})
        return
    path, made_at = found[-1]
    age = (now or datetime.now(UTC)) - made_at
    values = {"path": path, "hours": f"{age.total_seconds() / 3600:.0f}"}
    if age > OLD_BACKUP:
        text = _("The newest backup, %(path)s, is %(hours)s hours old. Make another, and look why none was made.")
        yield Finding("backup", "failure", text, values)
    else:
        yield Finding("backup", "ok", _("The newest backup, %(path)s, is %(hours)s hours old."), values)


def deep(data: Path, step: Step) -> Iterator[Finding]:
    """Every page of a copy of the database, and every picture by its hash."""
    path = data / DATABASE_FILE
    damage = standalone.damage_of(path)
    if damage:
        yield Finding("pages", "failure", "%(why)s", {"why": gettext(damage)})
        return
    copy = data / f"looked-at.db{files.UNFINISHED}"
    copy.unlink(missing_ok=True)
    try:
        standalone.copy_whole(path, copy)
        standalone.contents(copy)
        ids = standalone.kept_pictures(copy)
    except StoreError as err:
        yield Finding("pages", "failure", "%(why)s", {"why": explained(err)})
        return
    finally:
        copy.unlink(missing_ok=True)
    yield Finding("pages", "ok", _("Every page and every reference of the database is sound."))
    missing, damaged = [], []
    for done, image_id in enumerate(ids):
        there = blobs.files_of(data / PICTURES, image_id)
        if not there:
            missing.append(image_id)
        elif not any(blobs.is_whole(one) for one in blobs.files_of(data / PICTURES, image_id)):
            damaged.append(image_id)
        if done % 100 == 0:
            step(done, len(ids))
    if missing or damaged:
        text = _("Of %(pictures)s pictures %(missing)s are missing and %(damaged)s damaged. Restore their files from a "
                 "backup; their names begin with the numbers listed by --json.")  # fmt: skip
        values = {"pictures": len(ids), "missing": len(missing), "damaged": len(damaged), "ids": [*missing, *damaged]}
        yield Finding("pictures", "failure", text, values)
    else:
        yield Finding("pictures", "ok", _("All %(pictures)s pictures are whole."), {"pictures": len(ids)})
