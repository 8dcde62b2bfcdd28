"""The command line `navconsole`. Exit status 0 done, 1 failed, 2 wrong use or setting."""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import click

from navconsole import logs
from navconsole.admin.commands import audit
from navconsole.alerts.commands import alerts
from navconsole.auth.accounts import seed_first_admin
from navconsole.auth.commands import tokens, users
from navconsole.cases.commands import export, import_
from navconsole.operation_settings import log_format
from navconsole.operations.backup_commands import backup_command, migrate_command, restore_command, said
from navconsole.operations.deploy_command import deploy_check_command
from navconsole.operations.doctor_command import doctor_command
from navconsole.operations.migrating import migrate
from navconsole.operations.purge_command import purge_command
from navconsole.operations.reindex_command import reindex_command
from navconsole.operations.smoke_command import smoke_command
from navconsole.replay.command import replay
from navconsole.serving import found_damage
from navconsole.serving import serve as run_server
from navconsole.settings import ConsoleSettings
from navconsole.stop.commands import release, stop
from navconsole.terminal import Group, gettext
from navconsole.tuning.command import tune
from navconsole.tuning.policy_command import policy
from navconsole.versions import product_version
from navconsole.workflows.commands import workflows
from navigation.configurations import SERVER
from navigation.settings import Settings
from navigation.store import open_store
from navigation.store.protocol import Store


@click.group(cls=Group)
@click.version_option(
    product_version(), prog_name="navconsole", message="%(prog)s %(version)s", help="Show the version and exit."
)
@click.option("--verbose", is_flag=True, help="Log details.")
def main(verbose: bool) -> None:
    """See what the navigation robots saw and did, and run their server."""
    logs.begin(log_format(os.environ), is_verbose=verbose)


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (NAVCONSOLE_DATA, default var/data).")
@click.option("--host", help="Address to listen on (NAVCONSOLE_HOST, default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port (NAVCONSOLE_PORT, default 5005).")
def serve(data: Path | None, host: str | None, port: int | None) -> None:
    """Run the server: the console for people, the API for robots. Example: navconsole serve --data /srv/navconsole"""
    settings = ConsoleSettings.from_env(data=data, host=host, port=port)
    damage = found_damage(settings)
    if damage:
        click.echo(gettext(damage), err=True)
        store = open_store(settings.database, create=False, damage=damage)
        run_server(settings, store=store, navigator=None, on_ready=lambda: _announce(settings, None))
        return
    migrated = migrate(settings.data, settings.backups, actor=SERVER, progress=lambda _done, _all: None)
    if migrated.is_changed:
        click.echo(said(migrated))
    store = open_store(settings.database, floor_bytes=settings.operations.floor_bytes)
    link = seed_first_admin(store, settings)
    navigator, readers = _build_navigator(settings, store)
    run_server(settings, store=store, navigator=navigator, readers=readers, on_ready=lambda: _announce(settings, link))


def _build_navigator(settings: ConsoleSettings, store: Store) -> tuple[Any, Any]:
    """The service that carries out attempts, and the readers beside its own, where they are installed."""
    if importlib.util.find_spec("navconsole.navigator") is None:
        return None, None
    navigator = importlib.import_module("navconsole.navigator").build_navigator(settings, store)
    return navigator, importlib.import_module("navconsole.other_readers").Readers(Settings.from_env(), store)


def _announce(settings: ConsoleSettings, link: str | None) -> None:
    click.echo(gettext("navconsole answers at %(url)s", url=settings.base_url))
    if settings.is_auth_disabled:
        click.echo(gettext("Log-in is switched off (RPA_AUTH_DISABLED): everybody on this machine is admin."))
    if link:
        click.echo(gettext("First start: this link logs the admin in once, within 24 hours:"))
        click.echo(link)


main.add_command(backup_command)
main.add_command(restore_command)
main.add_command(migrate_command)
main.add_command(purge_command)
main.add_command(doctor_command)
main.add_command(reindex_command)
main.add_command(deploy_check_command)
main.add_command(smoke_command)
main.add_command(users)
main.add_command(tokens)
main.add_command(replay)
main.add_command(audit)
main.add_command(alerts)
main.add_command(tune)
tune.add_command(policy)
main.add_command(export)
main.add_command(import_)
main.add_command(workflows)
main.add_command(stop)
main.add_command(release)


def _add_demo() -> None:
    if importlib.util.find_spec("navconsole.demo.command") is not None:
        main.add_command(importlib.import_module("navconsole.demo.command").demo)


_add_demo()

if __name__ == "__main__":
    main()
