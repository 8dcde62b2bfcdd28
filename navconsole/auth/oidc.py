"""Log-in by the house's identity provider: OpenID Connect with a code, PKCE, state and nonce, all by Authlib.

People are known by the provider's subject, which an administrator writes down or the first log-in brings; never by an
e-mail address or a name, which another may get one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, current_app

from navconsole.auth.accounts import AccountError, By, add_user
from navconsole.settings import ConsoleSettings, OidcSettings
from navigation.errors import ConflictError, SettingsError
from navigation.records import Json, User
from navigation.store.protocol import AccountStore

EXTENSION = "navconsole.oidc"
ANSWER_S = 10
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPE = "logout+jwt"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""By a key of the provider's own: never "none", never a secret that we hold too."""
LEEWAY = timedelta(minutes=2)
REFRESH_EVERY = timedelta(minutes=1)
MAX_SUBJECT = 255  # OpenID Connect Core, section 2


class ProviderError(Exception):
    """The provider did not vouch for anybody; the argument says why, for the log."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says it is; `means` is how they proved it (acr, amr), for the record; `session` its own name
    for theirs."""

    issuer: str
    subject: str
    name: str
    means: Json
    session: str


@dataclass(frozen=True, slots=True)
class LogOut:
    """Whose sessions the provider has ended: of `subject`, or its own `session`, or both; "" for what it leaves out."""

    issuer: str
    subject: str
    session: str
    token_id: str
    expires_at: datetime


class Provider:
    """The provider, by Authlib's client; its addresses and keys are fetched when first needed."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        try:
            from authlib.integrations.flask_client import OAuth
        except ImportError:
            raise SettingsError("NAVCONSOLE_OIDC_ISSUER", "needs an extra: pip install 'navconsole[oidc]'") from None
        self._issuer = settings.issuer
        self._refreshed_at = datetime.min.replace(tzinfo=UTC)
        self._client = OAuth(app).register(
            "house",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "default_timeout": ANSWER_S,
            },
        )

    def redirect(self, callback: str) -> Response:
        """To the provider, with a fresh state, nonce and code challenge."""
        answer: Response = _guarded(self._client.authorize_redirect, callback)
        return answer

    def claims(self) -> Claims:
        """What the provider vouches for in the present request, its signature and terms verified."""
        said = _guarded(self._client.authorize_access_token).get("userinfo")
        if not said:
            raise ProviderError("no id token")
        subject = said.get("sub")
        if said.get("iss") != self._issuer or not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
            raise ProviderError("another issuer, or no subject")
        name = said.get("preferred_username") or said.get("name") or subject
        means = {k: said[k] for k in ("acr", "amr") if k in said}
        return Claims(self._issuer, subject, str(name), means, _text(said.get("sid")))

    def log_out(self, token: str, now: datetime) -> LogOut:
        """What a log-out token says, verified as OpenID Connect Back-Channel Logout 1.0, section 2.6, asks."""
        header, said = _guarded(self._verified, token, now)
        if said.get("iss") != self._issuer or str(header.get("typ", LOGOUT_TYPE)).lower() not in (LOGOUT_TYPE, "jwt"):
            raise ProviderError("another issuer, or another kind of token")
        events = said.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict) or "nonce" in said:
            raise ProviderError("no log-out event, or a nonce")
        subject, session, token_id = (_text(said.get(name)) for name in ("sub", "sid", "jti"))
        if not token_id or not (subject or session):
            raise ProviderError("no id, or nobody named")
        return LogOut(self._issuer, subject, session, token_id, datetime.fromtimestamp(said["exp"], UTC) + LEEWAY)

    def _verified(self, token: str, now: datetime) -> tuple[Json, Json]:
        """Header and claims of a token that the provider signed for us and that is in force."""
        from joserfc import jwk, jws, jwt
        from joserfc.errors import InvalidKeyIdError

        metadata = self._client.load_server_metadata()
        known = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = jws.JWSRegistry(algorithms=[name for name in known if name in SIGNATURES], strict_check_header=False)
        keys = jwk.KeySet.import_key_set(self._client.fetch_jwk_set())
        try:
            found = jwt.decode(token, keys, registry=registry)
        except InvalidKeyIdError:
            if now - self._refreshed_at < REFRESH_EVERY:  # anybody may post tokens: the provider is not asked for each
                raise
            self._refreshed_at = now
            keys = jwk.KeySet.import_key_set(self._client.fetch_jwk_set(force=True))
            found = jwt.decode(token, keys, registry=registry)
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(LEEWAY.total_seconds()),
            aud={"essential": True, "value": self._client.client_id},
            iat={"essential": True},
            exp={"essential": True},
        ).validate(found.claims)
        return found.header, found.claims


def init_app(app: Flask, settings: ConsoleSettings) -> None:
    app.extensions[EXTENSION] = Provider(app, settings.oidc) if settings.oidc else None


def provider() -> Provider | None:
    """The provider of the application that is answering now, if one is set."""
    found: Provider | None = current_app.extensions[EXTENSION]
    return found


def account_for(store: AccountStore, claims: Claims, settings: OidcSettings, *, by: By) -> User | None:
    """The account of this subject, made now when a default role is set; None when there is none to log in to."""
    user = store.user_by_identity(claims.issuer, claims.subject)
    if user is None and settings.default_role:
        try:
            user = add_user(store, claims.name, settings.default_role, by=by)
            store.set_identity(user.id, claims.issuer, claims.subject)
        except (AccountError, ConflictError):  # the name is somebody's already, and is not theirs for being alike
            return None
    return user if user and user.is_active else None


def _text(value: Any) -> str:
    """A name that the provider gives, or "" when it is none."""
    return value if isinstance(value, str) and len(value) <= MAX_SUBJECT else ""


def _guarded(call: Any, *given: Any) -> Any:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        return call(*given)
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError, RuntimeError) as err:
        raise ProviderError(type(err).__name__) from err
