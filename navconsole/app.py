"""The application factory: settings and services in, a Flask application out. Only this place knows all features."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, redirect, request, url_for

from navconsole import (
    account,
    admin,
    alerts,
    attempts,
    cases,
    compression,
    dashboard,
    flows,
    i18n,
    inbox,
    keys,
    problems,
    review,
    runs,
    security,
    stop,
    tuning,
    whatif,
    workflows,
)
from navconsole.auth import gate, oidc
from navconsole.auth.oidc_views import blueprint as oidc_blueprint
from navconsole.auth.permissions import HOMES
from navconsole.auth.views import blueprint as auth_blueprint
from navconsole.operations import health
from navconsole.preferences import current_theme, save_preferences
from navconsole.resources import resource_dir
from navconsole.services import Services
from navconsole.settings import ConsoleSettings
from navconsole.versions import product_version
from navigation.store.files import is_read_only
from navigation.store.protocol import Store

if TYPE_CHECKING:
    from navconsole.beside import Beside
    from navconsole.other_readers import Readers

STATIC_AGE_S = 365 * 24 * 3600


def create_app(
    settings: ConsoleSettings,
    *,
    store: Store,
    navigator: object | None,
    readers: Readers | None = None,
    trials: Beside | None = None,
    replays: Beside | None = None,
) -> Flask:
    """The console and, when it is installed, the API; `navigator` is the service that carries out attempts, `readers`
    those that a person may have read a picture with, `trials` and `replays` the processes beside it that try policies
    on the records and replay attempts in bulk."""
    app = Flask("navconsole", template_folder=str(resource_dir("templates")), static_folder=str(resource_dir("static")))
    services = Services(
        store, navigator, settings, readers, trials, replays, conductor=_conductor(store, navigator, settings)
    )
    app.extensions["navconsole"] = services
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    security.init_app(app, settings)
    i18n.init_app(app)
    problems.init_app(app)
    gate.init_app(app)
    oidc.init_app(app, settings)
    app.register_blueprint(auth_blueprint)
    app.register_blueprint(oidc_blueprint)
    app.register_blueprint(account.blueprint)
    app.register_blueprint(admin.blueprint)
    app.register_blueprint(alerts.blueprint)
    app.register_blueprint(attempts.blueprint)
    app.register_blueprint(whatif.blueprint)
    app.register_blueprint(runs.blueprint)
    app.register_blueprint(review.blueprint)
    app.register_blueprint(cases.blueprint)
    app.register_blueprint(keys.blueprint)
    app.register_blueprint(dashboard.blueprint)
    app.register_blueprint(stop.blueprint)
    app.register_blueprint(inbox.blueprint)
    app.register_blueprint(tuning.blueprint)
    app.register_blueprint(tuning.place_blueprint)
    app.register_blueprint(tuning.replay_blueprint)
    app.register_blueprint(flows.blueprint)
    app.register_blueprint(flows.opinions)
    app.register_blueprint(workflows.blueprint)
    _register_api(app)
    _register_common_routes(app, navigator)
    _register_template_helpers(app, settings.data, store)
    health.init_app(app, navigator=navigator)
    product_version()
    compression.init_app(app)
    return app


def _conductor(store: Store, navigator: object | None, settings: ConsoleSettings) -> Any:
    """Walks workflows, where there is something to carry out their attempts."""
    if navigator is None:
        return None
    return importlib.import_module("navconsole.conductor").Conductor(store, navigator, lease=settings.lease)


def _register_api(app: Flask) -> None:
    if importlib.util.find_spec("navconsole.api") is None:
        return
    app.register_blueprint(importlib.import_module("navconsole.api").blueprint)


def _register_common_routes(app: Flask, navigator: object | None) -> None:
    @app.get("/health", endpoint="health")
    def alive() -> Response:
        parts: dict[str, str] = getattr(
            navigator, "state", dict
        )()  # of the reader and the model, as they were when last used
        return jsonify(status="ok", version=product_version(), **parts)

    @app.get("/")
    def home() -> Any:
        if g.only_run:
            return redirect(url_for("flows.film", run_id=g.only_run), 303)
        return redirect(url_for(HOMES[g.user.role]), 303)

    app.add_url_rule("/preferences", "preferences", save_preferences, methods=["POST"])


def _register_template_helpers(app: Flask, data: Path, store: Store) -> None:
    folder = Path(app.static_folder or "")

    @app.template_global()
    def static_url(name: str) -> str:
        return f"/static/{name}?v={_fingerprint(folder / name)}"

    @app.context_processor
    def reader() -> dict[str, Any]:
        return {
            "language": i18n.current_language(),
            "theme": current_theme(),
            "user": g.get("user"),
            "only_run": g.get("only_run"),
            "reference": g.get("reference", ""),
            "has_htmx": (folder / "vendor" / "htmx.min.js").is_file(),
            "is_disk_read_only": is_read_only(data),
            "damage": store.damage,
        }

    @app.after_request
    def keep_static(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={STATIC_AGE_S}, immutable"
        return response


def _fingerprint(path: Path) -> str:
    try:
        status = path.stat()
    except FileNotFoundError:
        return "missing"
    return _content_hash(path, status.st_mtime_ns)


@cache
def _content_hash(path: Path, _mtime_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
