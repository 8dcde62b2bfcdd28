"""`navconsole doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.bars import progress_bar
from navconsole.operation_settings import OperationSettings
from navconsole.operations import checks
from navconsole.operations.findings import Finding, has_failed, show
from navconsole.settings import DATABASE_FILE, data_folder
from navconsole.terminal import Command, gettext
from navigation.errors import NavigationError
from navigation.settings import Settings


@click.command("doctor", cls=Command)
@click.option("--deep", is_flag=True, help="Read every page and every picture, too; minutes for many.")
@data_option
@json_option
def doctor_command(deep: bool, data: Path | None, as_json: bool) -> None:
    """Look over this installation: versions, readers, disk, rights, clock, database. Example: navconsole doctor --deep

    Nothing is changed. Status 0: nothing fails; 1: something does, with what to do.
    """
    folder = data_folder(os.environ, data)
    if not folder.is_dir():
        raise NavigationError("There is no folder {folder}. Name the data folder (NAVCONSOLE_DATA).", folder=folder)
    found = look_over(folder, Settings.from_env(), OperationSettings.from_env(os.environ))
    if deep and (folder / DATABASE_FILE).is_file():
        with progress_bar(gettext("Checking pictures"), is_quiet=as_json) as step:
            found += checks.deep(folder, step)
    show(found, as_json=as_json)
    click.get_current_context().exit(int(has_failed(found)))


def look_over(data: Path, engine: Settings, operations: OperationSettings) -> list[Finding]:
    """All checks that take no time. An old backup is no fault of the machine: that is for `deploy-check` to refuse."""
    softened = [
        Finding(one.code, "warning", one.text, one.values) if one.level == "failure" else one
        for one in checks.backups(operations.backups or data / "backups")
    ]
    return [
        *checks.versions(),
        *checks.readers(engine),
        *checks.database(data),
        *checks.disk(data, operations.floor_bytes),
        *checks.file_system(data),
        *checks.rights(data),
        *checks.clock(data),
        *checks.leftovers(data),
        *softened,
    ]
