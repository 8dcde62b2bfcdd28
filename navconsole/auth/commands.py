"""`navconsole users …` and `navconsole tokens …`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click

from navconsole.auth.accounts import add_user, make_link, make_token
from navconsole.auth.permissions import ROLES
from navconsole.settings import ConsoleSettings
from navigation.records import ApiToken, Role, User
from navigation.store import open_store
from navigation.store.protocol import Store

data_option = click.option("--data", type=click.Path(path_type=Path), help="Data folder (NAVCONSOLE_DATA).")
quiet_option = click.option("--quiet", is_flag=True, help="Print only the secret.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
application_option = click.option("--application", "applications", multiple=True, help="Limit to this application.")


@contextmanager
def opened(data: Path | None) -> Iterator[tuple[Store, ConsoleSettings]]:
    settings = ConsoleSettings.from_env(data=data)
    store = open_store(settings.database)
    try:
        yield store, settings
    finally:
        store.close()


@click.group()
def users() -> None:
    """People who may log in. Example: navconsole users add --name "Anne Roy" --role engineer"""


@users.command("add")
@data_option
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@application_option
@quiet_option
def users_add(data: Path | None, name: str, role: str, applications: tuple[str, ...], quiet: bool) -> None:
    """Make an account and print a link that logs it in once."""
    with opened(data) as (store, settings):
        user = add_user(store, name, cast(Role, role), list(applications) or None)
        link = make_link(store, user.name, base_url=settings.base_url)
    click.echo(link if quiet else f"Account {user.name} ({role}) made. It logs in once, within 24 hours, by:\n{link}")


@users.command("link")
@data_option
@click.option("--name", required=True)
@click.option("--base-url", help="Address people reach the console at, when it is not that of the settings.")
@quiet_option
def users_link(data: Path | None, name: str, base_url: str | None, quiet: bool) -> None:
    """Print a link that logs the account in once. Example: navconsole users link --name admin"""
    with opened(data) as (store, settings):
        link = make_link(store, name, base_url=(base_url or settings.base_url).rstrip("/"))
    click.echo(link if quiet else f"This link logs {name} in once, within 24 hours:\n{link}")


@users.command("list")
@data_option
@json_option
def users_list(data: Path | None, as_json: bool) -> None:
    """Everybody, by name."""
    with opened(data) as (store, _):
        lines = [_user_line(user) for user in store.users()]
    _print(lines, as_json)


@click.group()
def tokens() -> None:
    """Tokens that robots send attempts with. Example: navconsole tokens add --name ward-3 --scope ingest"""


@tokens.command("add")
@data_option
@click.option("--name", required=True)
@click.option("--scope", "scopes", multiple=True, default=("ingest",), show_default=True)
@application_option
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Days until it expires.")
@quiet_option
def tokens_add(
    data: Path | None, name: str, scopes: tuple[str, ...], applications: tuple[str, ...], days: int, quiet: bool
) -> None:
    """Make a token. Its secret is shown this once."""
    with opened(data) as (store, _):
        token, secret = make_token(store, name, scopes=scopes, applications=list(applications) or None, days=days)
    click.echo(secret if quiet else f"Token {token.name} ({token.prefix}…) made; it is shown this once:\n{secret}")


@tokens.command("list")
@data_option
@json_option
def tokens_list(data: Path | None, as_json: bool) -> None:
    """All tokens, newest first."""
    with opened(data) as (store, _):
        lines = [_token_line(token) for token in store.tokens()]
    _print(lines, as_json)


@tokens.command("revoke")
@data_option
@click.argument("which")
def tokens_revoke(data: Path | None, which: str) -> None:
    """Revoke a token by its id, name or prefix."""
    with opened(data) as (store, _):
        found = [t for t in store.tokens() if which in (t.id, t.name, t.prefix) and t.revoked_at is None]
        if not found:
            raise click.ClickException(f"No token in force is called {which}; see “navconsole tokens list”")
        for token in found:
            store.revoke_token(token.id, datetime.now(UTC))
    click.echo(f"Revoked: {', '.join(token.name for token in found)}")


def _user_line(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "applications": list(user.applications) if user.applications is not None else "all",
        "active": user.is_active,
        "password": user.password_hash is not None,
    }


def _token_line(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": list(token.scopes),
        "expires": token.expires_at.date().isoformat() if token.expires_at else None,
        "last_used": token.last_used_at.isoformat(timespec="minutes") if token.last_used_at else None,
        "revoked": token.revoked_at is not None,
    }


def _print(lines: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False, indent=2))
        return
    for line in lines:
        click.echo("  ".join(f"{key}={value}" for key, value in line.items()))
