"""Log-in by the house's identity provider: OpenID Connect with a code, PKCE, state and nonce, all by Authlib.

People are known by the provider's subject, which an administrator writes down or the first log-in brings; never by an
e-mail address or a name, which another may get one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app

from navconsole.auth.accounts import AccountError, By, add_user
from navconsole.settings import ConsoleSettings, OidcSettings
from navigation.errors import ConflictError, SettingsError
from navigation.records import Json, User
from navigation.store.protocol import AccountStore

EXTENSION = "navconsole.oidc"
ANSWER_S = 10
MAX_SUBJECT = 255  # OpenID Connect Core, section 2


class ProviderError(Exception):
    """The provider did not vouch for anybody; the argument says why, for the log."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says it is; `means` is how they proved it (acr, amr), for the record."""

    issuer: str
    subject: str
    name: str
    means: Json


class Provider:
    """The provider, by Authlib's client; its addresses and keys are fetched when first needed."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        try:
            from authlib.integrations.flask_client import OAuth
        except ImportError:
            raise SettingsError("NAVCONSOLE_OIDC_ISSUER", "needs an extra: pip install 'navconsole[oidc]'") from None
        self._issuer = settings.issuer
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
        return Claims(self._issuer, subject, str(name), {k: said[k] for k in ("acr", "amr") if k in said})


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


def _guarded(call: Any, *given: Any) -> Any:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        return call(*given)
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError) as err:
        raise ProviderError(type(err).__name__) from err
