"""`navconsole users …` and `navconsole tokens …`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click

from navconsole.auth.accounts import AccountError, add_user, make_link, make_token
from navconsole.auth.permissions import ROLES
from navconsole.i18n import mark as _
from navconsole.settings import ConsoleSettings
from navconsole.terminal import Group, gettext
from navigation.records import ApiToken, Role, User
from navigation.store import open_store
from navigation.store.protocol import Store

data_option = click.option("--data", type=click.Path(path_type=Path), help="Data folder (NAVCONSOLE_DATA).")
quiet_option = click.option("--quiet", is_flag=True, help="Print only the secret.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
application_option = click.option("--application", "applications", multiple=True, help="Limit to this application.")

EVERY = "all"
HEADS = {
    "id": _("id"),
    "name": _("name"),
    "role": _("role"),
    "applications": _("applications"),
    "active": _("active"),
    "password": _("password set"),
    "prefix": _("begins with"),
    "scopes": _("scopes"),
    "expires": _("expires"),
    "last_used": _("last used"),
    "revoked": _("revoked"),
}


@contextmanager
def opened(data: Path | None) -> Iterator[tuple[Store, ConsoleSettings]]:
    settings = ConsoleSettings.from_env(data=data)
    store = open_store(settings.database)
    try:
        yield store, settings
    finally:
        store.close()


@click.group(cls=Group)
def users() -> None:
    """People who may log in. Example: navconsole users add --name "Anne Roy" --role engineer"""


@users.command("add")
@data_option
@click.option("--name", required=True, help="Name it goes by.")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What the account may do.")
@application_option
@quiet_option
def users_add(data: Path | None, name: str, role: str, applications: tuple[str, ...], quiet: bool) -> None:
    """Make an account and print a link that logs it in once."""
    with opened(data) as (store, settings):
        user = add_user(store, name, cast(Role, role), list(applications) or None)
        link = make_link(store, user.name, base_url=settings.base_url)
    if not quiet:
        click.echo(
            gettext(
                "Account %(name)s (%(role)s) made. It logs in once, within 24 hours, by:", name=user.name, role=role
            )
        )
    click.echo(link)


@users.command("link")
@data_option
@click.option("--name", required=True, help="Name it goes by.")
@click.option("--base-url", help="Address people reach the console at, when it is not that of the settings.")
@quiet_option
def users_link(data: Path | None, name: str, base_url: str | None, quiet: bool) -> None:
    """Print a link that logs the account in once. Example: navconsole users link --name admin"""
    with opened(data) as (store, settings):
        link = make_link(store, name, base_url=(base_url or settings.base_url).rstrip("/"))
    if not quiet:
        click.echo(gettext("This link logs %(name)s in once, within 24 hours:", name=name))
    click.echo(link)


@users.command("list")
@data_option
@json_option
def users_list(data: Path | None, as_json: bool) -> None:
    """Everybody, by name."""
    with opened(data) as (store, _settings):
        lines = [_user_line(user) for user in store.users()]
    _print(lines, as_json)


@click.group(cls=Group)
def tokens() -> None:
    """Tokens that robots send attempts with. Example: navconsole tokens add --name ward-3 --scope ingest"""


@tokens.command("add")
@data_option
@click.option("--name", required=True, help="Name it goes by.")
@click.option("--scope", "scopes", multiple=True, default=("ingest",), show_default=True, help="What the token may do.")
@application_option
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Days until it expires.")
@quiet_option
def tokens_add(
    data: Path | None, name: str, scopes: tuple[str, ...], applications: tuple[str, ...], days: int, quiet: bool
) -> None:
    """Make a token. Its secret is shown this once."""
    with opened(data) as (store, _settings):
        token, secret = make_token(store, name, scopes=scopes, applications=list(applications) or None, days=days)
    if not quiet:
        click.echo(
            gettext("Token %(name)s (%(prefix)s…) made; it is shown this once:", name=token.name, prefix=token.prefix)
        )
    click.echo(secret)


@tokens.command("list")
@data_option
@json_option
def tokens_list(data: Path | None, as_json: bool) -> None:
    """All tokens, newest first."""
    with opened(data) as (store, _settings):
        lines = [_token_line(token) for token in store.tokens()]
    _print(lines, as_json)


@tokens.command("revoke")
@data_option
@click.argument("which")
def tokens_revoke(data: Path | None, which: str) -> None:
    """Revoke a token by its id, name or prefix."""
    with opened(data) as (store, _settings):
        found = [t for t in store.tokens() if which in (t.id, t.name, t.prefix) and t.revoked_at is None]
        if not found:
            raise AccountError("No token in force is called {which}; see “navconsole tokens list”", which=which)
        for token in found:
            store.revoke_token(token.id, datetime.now(UTC))
    click.echo(gettext("Revoked: %(names)s", names=", ".join(token.name for token in found)))


def _user_line(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "applications": list(user.applications) if user.applications is not None else EVERY,
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
    if not lines:
        click.echo(gettext("There are none yet."))
        return
    rows = [[gettext(HEADS[key]) for key in lines[0]], *([_shown(value) for value in line.values()] for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(value)
    return gettext("all") if value == EVERY else str(value or "–")
