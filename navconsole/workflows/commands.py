"""`navconsole workflows check` and `navconsole workflows add`."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from navconsole.auth.commands import data_option
from navconsole.settings import DATABASE_FILE, ConsoleSettings
from navconsole.stop.commands import AT_THE_SHELL
from navconsole.terminal import Group, gettext, ngettext
from navconsole.workflows.filing import Report, new_files, reports
from navigation.errors import NavigationError
from navigation.records import AuditEvent
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.workflow_records import FileVersion

files_argument = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE…"
)


@click.group(cls=Group)
def workflows() -> None:
    """Workflows and profiles as files. Example: navconsole workflows check melisse.profile.yaml open.workflow.yaml"""


@workflows.command("check")
@files_argument
@data_option
def check_files(paths: tuple[Path, ...], data: Path | None) -> None:
    """Say what is wrong with files, by line and column; nothing is stored.

    A workflow is checked against its application's profile: the one among the files, else the newest stored one.

    Status 0: all are sound; 1: something is wrong.
    """
    files, store = _read(paths), _store(data)
    try:
        found = reports(files, store)
    finally:
        if store is not None:
            store.close()
    _refuse_unsound(found)
    click.echo(ngettext("%(num)s file is sound.", "%(num)s files are sound.", len(files)))


@workflows.command("add")
@files_argument
@data_option
def add_files(paths: tuple[Path, ...], data: Path | None) -> None:
    """Store files as new versions, all or none. Example: navconsole workflows add *.yaml

    Each change is a version of its own and never edited; runs name the versions that they were made with. A profile
    that a stored workflow no longer fits is refused.
    """
    files, author, now = _read(paths), getpass.getuser(), datetime.now(UTC)
    store = open_store(ConsoleSettings.from_env(data=data).database)
    try:
        found = reports(files, store)
        _refuse_unsound(found)
        event = AuditEvent(f"{AT_THE_SHELL}:{author}", "workflow_added")
        done = store.add_files(new_files(files, found), author=author, at=now, event=event)
    finally:
        store.close()
    for version, is_new in done:
        click.echo(_said(version, is_new))


def _read(paths: Sequence[Path]) -> list[tuple[str, bytes]]:
    files = []
    for path in paths:
        try:
            files.append((str(path), path.read_bytes()))
        except OSError as err:
            raise NavigationError("{path} cannot be read: {why}.", path=path, why=err.strerror) from err
    return files


def _store(data: Path | None) -> Store | None:
    """The store that is there; a check makes none, nor a key for one."""
    folder = data or Path(os.environ.get("NAVCONSOLE_DATA", "var/data"))
    database = folder / DATABASE_FILE
    return open_store(database, create=False) if database.exists() else None


def _refuse_unsound(found: Sequence[Report]) -> None:
    """Say each problem on the error output; Exit 1 when there is one."""
    count = 0
    for report in found:
        for problem in report.problems:
            count += 1
            where = f"{report.name}:{problem.place.line}:{problem.place.column}"
            if report.stored is not None:
                stored = gettext("stored workflow, version %(version)s", version=report.stored.version)
                where = f"{where} ({stored})"
            click.echo(f"{where}: {problem.sentence(gettext)}", err=True)
    if count:
        click.echo(ngettext("%(num)s problem found.", "%(num)s problems found.", count), err=True)
        raise click.exceptions.Exit(1)


def _said(version: FileVersion, is_new: bool) -> str:
    name = version.name or version.application
    if not is_new:
        return gettext("%(name)s is stored already, as version %(version)s.", name=name, version=version.version)
    if version.kind == "profile":
        return gettext("Profile of %(name)s stored as version %(version)s.", name=name, version=version.version)
    return gettext("Workflow %(name)s stored as version %(version)s.", name=name, version=version.version)
