"""Every knob of the console and its server: one frozen value, built at the edge and passed in."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from navconsole.alert_settings import AlertSettings
from navconsole.operation_settings import OperationSettings, whole
from navigation.alerts import Quiet
from navigation.errors import SettingsError
from navigation.outgoing import is_loopback
from navigation.records import Role

KEY_FILE = "secret_key"
DATABASE_FILE = "navconsole.db"
LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """The house's identity provider; `default_role` is given to people it vouches for who have no account yet."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    default_role: Role | None = None


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Settings of one console; see `from_env` for the names of the variables.

    `public_url` is the address people type when a proxy adds TLS; an https one makes the cookies Secure and
    `__Host-`. `lease` is how long a robot on a workflow may be silent. `dashboard_password` only seeds the first admin,
    who must change it.
    """

    data: Path
    secret_key: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 5005
    public_url: str = ""
    hosts: tuple[str, ...] = ()
    proxy: str = ""
    session_idle: timedelta = timedelta(minutes=30)
    session_absolute: timedelta = timedelta(hours=12)
    lease: timedelta = timedelta(seconds=60)
    second_factor_roles: tuple[Role, ...] = ("admin",)
    oidc: OidcSettings | None = None
    is_auth_disabled: bool = False
    dashboard_password: str = field(default="", repr=False)
    language: str = "fr"
    timezone: str = "Europe/Paris"
    operations: OperationSettings = field(default_factory=OperationSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)

    def __post_init__(self) -> None:
        if len(self.secret_key) < 32:
            raise SettingsError("SECRET_KEY", "must have at least 32 characters; unset it to have one made and kept")
        if self.is_auth_disabled and not is_loopback(self.host):
            raise SettingsError(
                "RPA_AUTH_DISABLED",
                "is for tests on loopback only; refused on {host}. Unset it, or use 127.0.0.1",
                host=self.host,
            )
        if not is_loopback(self.host) and not self.has_tls:
            raise SettingsError(
                "NAVCONSOLE_PUBLIC_URL",
                "name the https:// address of the proxy in front, or listen on 127.0.0.1: {host} "
                "would send passwords and patients' screens in clear",
                host=self.host,
            )
        if self.language not in LANGUAGES:
            raise SettingsError("NAVCONSOLE_LANGUAGE", "must be one of {choices}", choices=", ".join(LANGUAGES))
        if self.alerts.language not in ("", *LANGUAGES):
            raise SettingsError("NAVCONSOLE_ALERT_LANGUAGE", "must be one of {choices}", choices=", ".join(LANGUAGES))
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError("NAVCONSOLE_TIMEZONE", "is not a time zone: {zone!r}", zone=self.timezone) from None

    @property
    def has_tls(self) -> bool:
        """Whether people reach the console over https."""
        return self.public_url.startswith("https://")

    @property
    def alert_language(self) -> str:
        """The language that alerts are written in."""
        return self.alerts.language or self.language

    @property
    def quiet(self) -> Quiet | None:
        """Hours in which nothing but stops is told, by the clock of the console's zone."""
        hours = self.alerts.quiet
        return Quiet(*hours, ZoneInfo(self.timezone)) if hours else None

    @property
    def database(self) -> Path:
        return self.data / DATABASE_FILE

    @property
    def backups(self) -> Path:
        """Where backups are written and looked for, unless another folder is named."""
        return self.operations.backups or self.data / "backups"

    @property
    def base_url(self) -> str:
        """Where people reach the console, without a slash at the end."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{shown}:{self.port}"

    @property
    def trusted_hosts(self) -> list[str]:
        """Host names a request may bear, without port."""
        named = urlsplit(self.base_url).hostname or self.host
        return sorted({"localhost", "127.0.0.1", "[::1]", named, *self.hosts})

    def subkey(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose ("patient", "device"), so that no two uses share one."""
        return hmac.new(self.secret_key.encode(), purpose.encode(), hashlib.sha256).digest()

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        data: Path | None = None,
        host: str | None = None,
        port: int | None = None,
    ) -> ConsoleSettings:
        """Read NAVCONSOLE_DATA, NAVCONSOLE_HOST, NAVCONSOLE_PORT, NAVCONSOLE_PUBLIC_URL, NAVCONSOLE_HOSTS,
        NAVCONSOLE_PROXY, NAVCONSOLE_SESSION_IDLE_MIN, NAVCONSOLE_SESSION_HOURS, NAVCONSOLE_SECOND_FACTOR_ROLES,
        NAVCONSOLE_OIDC_ISSUER, NAVCONSOLE_OIDC_CLIENT_ID, NAVCONSOLE_OIDC_CLIENT_SECRET, NAVCONSOLE_OIDC_ROLE,
        NAVCONSOLE_LEASE_S, NAVCONSOLE_LANGUAGE, NAVCONSOLE_TIMEZONE, SECRET_KEY, RPA_AUTH_DISABLED, DASHBOARD_PASSWORD,
        and those of `OperationSettings` and `AlertSettings`; the arguments win.

        Without SECRET_KEY, a key is made once and kept under the data folder (mode 0600). Raises SettingsError.
        """
        env = os.environ if env is None else env
        folder = data_folder(env, data)
        return cls(
            data=folder,
            secret_key=env.get("SECRET_KEY") or kept_key(folder),
            host=host or env.get("NAVCONSOLE_HOST", "127.0.0.1"),
            port=port if port is not None else whole(env, "NAVCONSOLE_PORT", 5005, low=1, high=65535),
            public_url=_url(env, "NAVCONSOLE_PUBLIC_URL"),
            hosts=tuple(h.strip() for h in env.get("NAVCONSOLE_HOSTS", "").split(",") if h.strip()),
            proxy=env.get("NAVCONSOLE_PROXY", ""),
            session_idle=timedelta(minutes=whole(env, "NAVCONSOLE_SESSION_IDLE_MIN", 30, low=1, high=240)),
            session_absolute=timedelta(hours=whole(env, "NAVCONSOLE_SESSION_HOURS", 12, low=1, high=24)),
            lease=timedelta(seconds=whole(env, "NAVCONSOLE_LEASE_S", 60, low=5, high=600)),
            second_factor_roles=_roles(env, "NAVCONSOLE_SECOND_FACTOR_ROLES", "admin"),
            oidc=_oidc(env),
            is_auth_disabled=env.get("RPA_AUTH_DISABLED", "").lower() in ("1", "true", "yes"),
            dashboard_password=env.get("DASHBOARD_PASSWORD", ""),
            language=env.get("NAVCONSOLE_LANGUAGE", "fr"),
            timezone=env.get("NAVCONSOLE_TIMEZONE", "Europe/Paris"),
            operations=OperationSettings.from_env(env),
            alerts=AlertSettings.from_env(env),
        )


def data_folder(env: Mapping[str, str], data: Path | None = None) -> Path:
    """The folder of the database, the screenshots and the key."""
    return data or Path(env.get("NAVCONSOLE_DATA", "var/data"))


def key_mark(env: Mapping[str, str], folder: Path) -> str:
    """What tells one secret key from another and gives nothing of it away; "" where there is no key yet."""
    path = folder / KEY_FILE
    key = env.get("SECRET_KEY") or (path.read_text(encoding="ascii").strip() if path.is_file() else "")
    return hmac.new(key.encode(), b"mark", hashlib.sha256).hexdigest()[:16] if key else ""


def kept_key(folder: Path) -> str:
    """The key stored in the data folder, made on first use (folder 0700, file 0600)."""
    path = folder / KEY_FILE
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()


def _roles(env: Mapping[str, str], name: str, default: str) -> tuple[Role, ...]:
    named = [part.strip() for part in env.get(name, default).split(",") if part.strip()]
    known = get_args(Role)
    if not set(named) <= set(known):
        raise SettingsError(name, "must be one or more of {choices}, by comma, or empty", choices=", ".join(known))
    return tuple(role for role in known if role in named)


def _oidc(env: Mapping[str, str]) -> OidcSettings | None:
    issuer = _url(env, "NAVCONSOLE_OIDC_ISSUER")
    client_id, secret = env.get("NAVCONSOLE_OIDC_CLIENT_ID", ""), env.get("NAVCONSOLE_OIDC_CLIENT_SECRET", "")
    roles = _roles(env, "NAVCONSOLE_OIDC_ROLE", "")
    if not issuer:
        return None
    if not issuer.startswith("https://") and not is_loopback(urlsplit(issuer).hostname or ""):
        raise SettingsError("NAVCONSOLE_OIDC_ISSUER", "must be an https:// address")
    if len(roles) > 1:
        raise SettingsError("NAVCONSOLE_OIDC_ROLE", "must be one role, or empty")
    for name, value in (("NAVCONSOLE_OIDC_CLIENT_ID", client_id), ("NAVCONSOLE_OIDC_CLIENT_SECRET", secret)):
        if not value:
            raise SettingsError(name, "is needed with NAVCONSOLE_OIDC_ISSUER; the provider gives it")
    return OidcSettings(issuer, client_id, secret, roles[0] if roles else None)


def _url(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "")
    if text and (urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname):
        raise SettingsError(name, "must be an address such as https://navconsole.hospital.example")
    return text
