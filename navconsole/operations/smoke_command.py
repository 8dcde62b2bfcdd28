"""`navconsole smoke`: does the deploy stay, or go back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.operations import smoke
from navconsole.settings import data_folder
from navconsole.terminal import Command


@click.command("smoke", cls=Command)
@click.option("--url", help="Address of the server (default: this machine, NAVCONSOLE_PORT).")
@click.option("--unit", default="", help="The systemd unit that must be active, such as navconsole.")
@click.option("--no-service", is_flag=True, help="Leave the service and /health out.")
@data_option
@json_option
def smoke_command(url: str | None, unit: str, no_service: bool, data: Path | None, as_json: bool) -> None:
    """Check after a deploy whether it stays. Example: navconsole smoke --unit navconsole

    Five checks: the server can be imported; “navigate” is among its actions; its handler can be called; a drawn button
    is read and found; the service runs and /health answers. Where even this command cannot start, the same is:
    python -m navconsole.operations.smoke

    Status 0: the deploy stays; 1: go back, with the commands to do so.
    """
    address = url or f"http://127.0.0.1:{os.environ.get('NAVCONSOLE_PORT', '5005')}"
    status = smoke.report(data_folder(os.environ, data), address, unit, has_service=not no_service, as_json=as_json)
    click.get_current_context().exit(status)
