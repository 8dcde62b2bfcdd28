"""Routes of the workflows: what is stored, and one version with its steps and what changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, render_template, request

from navconsole.attempts.outcomes import outcome_view
from navconsole.auth.permissions import may_see
from navconsole.later import later
from navconsole.services import services
from navconsole.workflows.context import build_list, build_version
from navigation.workflow_records import Kind

blueprint = Blueprint("workflows", __name__, url_prefix="/workflows")
for path, method, name in (("edit", "GET", "edit"), ("edit", "POST", "change"), ("trial", "GET", "tried")):
    blueprint.add_url_rule(
        f"/profiles/<path:application>/{path}",
        name,
        later("navconsole.workflows.editor_views", name),
        methods=[method],
    )


@blueprint.get("")
def index() -> Any:
    return render_template("workflows/index.html", listed=build_list(services().store, g.user))


@blueprint.get("/<int:workflow_id>")
def workflow(workflow_id: int) -> Any:
    return _version("workflow", workflow_id)


@blueprint.get("/profiles/<int:profile_id>")
def profile(profile_id: int) -> Any:
    return _version("profile", profile_id)


def _version(kind: Kind, file_id: int) -> Any:
    shown = build_version(services().store, kind, file_id, request.args.get("against", type=int))
    if shown is None or not may_see(g.user, shown.version.application):
        abort(404)
    return render_template("workflows/version.html", shown=shown, outcome_view=outcome_view)
