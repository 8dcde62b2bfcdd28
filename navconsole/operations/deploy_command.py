"""`navconsole deploy-check`: may this be deployed to, and what is the way back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.operations import checks
from navconsole.operations.deploying import checkout, note_commit, unsafe_settings
from navconsole.operations.findings import has_failed, show
from navconsole.settings import ConsoleSettings
from navconsole.terminal import Command
from navigation.store import standalone


@click.command("deploy-check", cls=Command)
@click.option("--repository", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path(),
              help="The checkout that is deployed from (default: this folder).")  # fmt: skip
@click.option("--backups", type=click.Path(path_type=Path), help="Folder of backups (NAVCONSOLE_BACKUPS).")
@data_option
@json_option
def deploy_check_command(repository: Path, backups: Path | None, data: Path | None, as_json: bool) -> None:
    """Check before a deploy, while the old version still runs. Example: navconsole deploy-check --repository /opt/nav

    Refuses where git tracks the database or a secret, where a setting is unsafe, where the newest backup is too old,
    and for what “navconsole doctor” fails. If all is well the commit that runs now is noted, so that “navconsole smoke”
    can print the commands that go back to it.

    Status 0: go ahead; 1: do not, and why.
    """
    settings = ConsoleSettings.from_env(data=data)
    folder = settings.data
    found = [
        *checkout(repository, folder),
        *unsafe_settings(settings, os.environ),
        *checks.versions(),
        *checks.database(folder),
        *checks.disk(folder, settings.operations.floor_bytes),
        *checks.file_system(folder),
        *checks.rights(folder),
        *checks.clock(folder),
        *checks.backups(backups or settings.backups),
    ]
    failed = has_failed(found)
    note = None
    if not failed:
        note = note_commit(folder, repository, standalone.schema_of(settings.database) or "")
    show(found, as_json=as_json, more={"commit": note.commit if note else None})
    click.get_current_context().exit(int(failed))
