"""A small OpenID Connect provider on loopback: discovery, authorize, token, keys. It can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "navconsole", "a secret of the client"


@dataclass
class IdentityProvider:
    """`claims` go into the next ID tokens, over the usual ones; `codes` are what was handed out and not redeemed."""

    issuer: str = ""
    subject: str = "subject-1"
    claims: dict[str, Any] = field(default_factory=dict)
    signer: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    published: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def authorize(self) -> Response:
        """Somebody logs in here at once; the answer goes back with a code."""
        asked = request.args.to_dict()
        self.asked.append(asked)
        if asked["client_id"] != CLIENT_ID or asked["code_challenge_method"] != "S256":
            return Response(status=400)
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")  # type: ignore[return-value]

    def token(self) -> Response | tuple[Response, int]:
        asked = self.codes.pop(request.form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(request.form["code_verifier"].encode()).digest())
        sent = request.authorization
        is_client = sent is not None and (sent.username, sent.password) == (CLIENT_ID, CLIENT_SECRET)
        is_same = asked is not None and asked["redirect_uri"] == request.form["redirect_uri"]
        if not is_client or asked is None or not is_same or asked["code_challenge"] != challenge.decode().rstrip("="):
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "sub": self.subject, "iat": now, "exp": now + 300}
        claims = usual | {"nonce": asked["nonce"]} | self.claims
        id_token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signer)
        return jsonify(access_token="unused", token_type="Bearer", expires_in=300, id_token=id_token)

    def logout_token(self, *, typ: str | None = "logout+jwt", **changes: Any) -> str:
        """A token as section 2.4 of Back-Channel Logout 1.0 has it; a claim of None is left out."""
        now = int(time.time())
        usual = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": self.subject, "iat": now, "exp": now + 120,
            "jti": secrets.token_urlsafe(), "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }  # fmt: skip
        claims = {name: value for name, value in (usual | changes).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "1"} | ({"typ": typ} if typ else {}), claims, self.signer)

    def keys(self) -> Response:
        return jsonify(keys=[(self.published or self.signer).as_dict(private=False)])

    def discovery(self) -> Response:
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
        )


@contextmanager
def running_provider() -> Iterator[IdentityProvider]:
    """The provider, answering on a free port of loopback."""
    provider, app = IdentityProvider(), Flask("provider")
    app.add_url_rule("/.well-known/openid-configuration", view_func=provider.discovery)
    app.add_url_rule("/authorize", view_func=provider.authorize)
    app.add_url_rule("/token", view_func=provider.token, methods=["POST"])
    app.add_url_rule("/keys", view_func=provider.keys)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
