"""`navconsole reindex`: makes the indexes of a database anew, when only they are damaged."""

from __future__ import annotations

import os
from pathlib import Path

import click

from navconsole.auth.commands import data_option
from navconsole.serving import alone_on
from navconsole.settings import DATABASE_FILE, data_folder
from navconsole.terminal import Command, gettext
from navigation.errors import NavigationError, StoreDamagedError
from navigation.store import standalone


@click.command("reindex", cls=Command)
@data_option
def reindex_command(data: Path | None) -> None:
    """Make the indexes of the database anew from its records. Example: navconsole reindex

    For a database of which “navconsole doctor --deep” says that an index is damaged. The server must not be running.
    No record changes. Status 0: all is sound now; 1: it is not, or the server runs.
    """
    folder = data_folder(os.environ, data)
    database = folder / DATABASE_FILE
    if not database.is_file():
        raise NavigationError(
            "There is no database in {folder}. Name the data folder (NAVCONSOLE_DATA).", folder=folder
        )
    with alone_on(folder):
        standalone.reindex(database)
        damage = standalone.damage_of(database)
        if damage:
            raise StoreDamagedError(damage)
    click.echo(gettext("The indexes were made anew, and the database is sound."))
