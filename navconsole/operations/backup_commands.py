"""`navconsole backup`, `navconsole restore` and `navconsole migrate`."""

from __future__ import annotations

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.bars import progress_bar
from navconsole.operation_settings import OperationSettings
from navconsole.operations.backing_up import Made, make_backup, remove_older, restore_backup
from navconsole.operations.migrating import Migrated, migrate
from navconsole.serving import alone_on
from navconsole.settings import data_folder, key_mark
from navconsole.terminal import Command, gettext, ngettext
from navigation.store.backups import ARCHIVE
from navigation.store.restoring import Restored

NAMED_MISSING = 5


@click.command("backup", cls=Command)
@click.argument("where", type=click.Path(path_type=Path), metavar="[FOLDER|FILE.tar]", required=False)
@click.option("--keep-days", type=click.IntRange(1, 3650), help="Then remove the folder's backups that are older.")
@click.option("--accept-damaged", is_flag=True, help="Status 0 even if pictures were damaged already.")
@data_option
@json_option
def backup_command(
    where: Path | None, keep_days: int | None, accept_damaged: bool, data: Path | None, as_json: bool
) -> None:
    """Back up the database and all pictures while the server runs. Example: navconsole backup /mnt/backups

    A new folder is made in FOLDER (NAVCONSOLE_BACKUPS), named by the moment; or FILE.tar is written. It has its name
    only when it is whole and every page and picture of it was checked. It shows patients and is not encrypted: keep it
    on an encrypted volume, or encrypt FILE.tar. The secret key and .env.local are not in it: keep those apart.

    Status 0: written; 1: nothing was written, or pictures were damaged or missing already (they are listed).
    """
    folder = data_folder(os.environ, data)
    target = where or _backups(folder)
    if keep_days and target.suffix == ARCHIVE:
        raise click.UsageError(gettext("--keep-days is for a folder of backups, not for one file."))
    with progress_bar(gettext("Copying pictures"), is_quiet=as_json) as step:
        made = make_backup(folder, target, actor=at_the_shell(), progress=step)
    removed = remove_older(target, keep_days, datetime.now(UTC)) if keep_days else []
    if as_json:
        _print(_made(made) | {"removed": [str(path) for path in removed]})
    else:
        _say_made(made, removed)
    click.get_current_context().exit(int(bool(made.manifest.missing) and not accept_damaged))


@click.command("restore", cls=Command)
@click.argument("backup", type=click.Path(path_type=Path), metavar="BACKUP")
@click.option("--other-installation", is_flag=True, help="The backup may be of another installation.")
@data_option
@json_option
def restore_command(backup: Path, other_installation: bool, data: Path | None, as_json: bool) -> None:
    """Put a backup in the place of what is in use. Example: navconsole restore /mnt/backups/navconsole-20260301T023000Z

    The server must not be running. All of the backup is checked beside the data in use, then they change places; the
    former data stays in a folder named before-restore-…, for you to remove. Everybody is logged out. People who were
    purged since the backup are purged from it, too.

    Status 0: restored; 1: refused, and what is in use was not touched.
    """
    folder = data_folder(os.environ, data)
    with (
        alone_on(folder),
        progress_bar(gettext("Checking pictures"), is_quiet=as_json) as step,
    ):
        done, purged = restore_backup(
            folder, backup, actor=at_the_shell(), may_be_another=other_installation, progress=step
        )
    has_key = done.manifest.key in ("", key_mark(os.environ, folder))
    if as_json:
        _print(_restored(done, purged, has_key=has_key))
    else:
        _say_restored(done, purged, has_key=has_key)


@click.command("migrate", cls=Command)
@click.option("--backups", type=click.Path(path_type=Path), help="Folder for the backup (NAVCONSOLE_BACKUPS).")
@click.option("--no-backup", is_flag=True, help="Make no backup first: only where another one was just made.")
@data_option
@json_option
def migrate_command(backups: Path | None, no_backup: bool, data: Path | None, as_json: bool) -> None:
    """Bring the database to this version's schema. Example: navconsole migrate --backups /mnt/backups

    A backup is made first. The server must not be running; it does the same when it starts. To go back: install the
    former version and restore that backup.

    Status 0: done, or nothing was to be done; 1: refused, and nothing was changed.
    """
    folder = data_folder(os.environ, data)
    with progress_bar(gettext("Copying pictures"), is_quiet=as_json) as step:
        done = migrate(
            folder, backups or _backups(folder), actor=at_the_shell(), with_backup=not no_backup, progress=step
        )
    if as_json:
        _print({"was": done.was, "now": done.now, "backup": str(done.backup) if done.backup else None})
    else:
        click.echo(said(done))


def said(done: Migrated) -> str:
    """What a migration did, in the person's language."""
    if done.was is None:
        return gettext("There is no database yet; the server makes one when it starts.")
    if not done.is_changed:
        return gettext("The database has the schema of this version (%(now)s) already.", now=done.now)
    if done.backup is None:
        return gettext("Schema %(was)s became %(now)s. No backup was made.", was=done.was, now=done.now)
    return gettext(
        "Schema %(was)s became %(now)s. To go back, install the former version and run: navconsole restore %(backup)s",
        was=done.was, now=done.now, backup=done.backup,
    )  # fmt: skip


def at_the_shell() -> str:
    return f"shell:{getpass.getuser()}"


def _backups(folder: Path) -> Path:
    return OperationSettings.from_env(os.environ).backups or folder / "backups"


def _print(values: dict[str, Any]) -> None:
    click.echo(json.dumps(values, ensure_ascii=False, indent=2))


def _made(made: Made) -> dict[str, Any]:
    manifest = made.manifest
    return {
        "backup": str(made.path), "made_at": manifest.made_at.isoformat(), "schema": manifest.schema,
        "attempts": manifest.rows.get("attempt", 0), "pictures": manifest.pictures,
        "bytes": manifest.database_bytes + manifest.picture_bytes, "missing": list(manifest.missing),
    }  # fmt: skip


def _say_made(made: Made, removed: list[Path]) -> None:
    attempts, manifest = made.manifest.rows.get("attempt", 0), made.manifest
    text = gettext(
        "Backed up to %(path)s: %(attempts)s attempts, %(pictures)s pictures, all checked.",
        path=made.path, attempts=attempts, pictures=manifest.pictures,
    )  # fmt: skip
    click.echo(text)
    for path in removed:
        click.echo(gettext("Removed, being too old: %(path)s", path=path))
    if manifest.missing:
        text = ngettext(
            "%(num)s picture was damaged or missing already and is not in it. See “navconsole doctor --deep”.",
            "%(num)s pictures were damaged or missing already and are not in it. See “navconsole doctor --deep”.",
            len(manifest.missing),
        )
        click.echo(text, err=True)
        for image_id in manifest.missing[:NAMED_MISSING]:
            click.echo(f"  {image_id}", err=True)


def _restored(done: Restored, purged: int, *, has_key: bool) -> dict[str, Any]:
    return {
        "made_at": done.manifest.made_at.isoformat(), "attempts": done.manifest.rows.get("attempt", 0),
        "pictures": done.manifest.pictures, "missing": list(done.manifest.missing), "purges": purged,
        "former": str(done.old) if done.old else None, "has_key": has_key,
    }  # fmt: skip


def _say_restored(done: Restored, purged: int, *, has_key: bool) -> None:
    at, attempts = done.manifest.made_at.isoformat(timespec="seconds"), done.manifest.rows.get("attempt", 0)
    text = gettext(
        "Restored: %(attempts)s attempts and %(pictures)s pictures, as of %(at)s. Everybody is logged out.",
        attempts=attempts, pictures=done.manifest.pictures, at=at,
    )  # fmt: skip
    click.echo(text)
    if purged:
        text = ngettext("%(num)s purge of since then was carried out again.",
                        "%(num)s purges of since then were carried out again.", purged)  # fmt: skip
        click.echo(text)
    if done.old:
        text = gettext("The former data is in %(old)s; remove it when all is well: it shows patients.", old=done.old)
        click.echo(text)
    if not has_key:
        text = gettext(
            "The secret key here is not the one of the backup. Second factors and patients' checks will not work: put "
            "the former secret_key into the data folder, or set SECRET_KEY, before the server starts."
        )
        click.echo(text, err=True)
