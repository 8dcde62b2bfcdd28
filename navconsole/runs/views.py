"""The route of the film."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request

from navconsole.i18n import current_language, translator
from navconsole.runs.context import build_film, part_with
from navconsole.services import services
from navconsole.visible import visible_run

blueprint = Blueprint("runs", __name__, url_prefix="/runs")


@blueprint.get("/<run_id>")
def film(run_id: str) -> Any:
    store = services().store
    run = visible_run(run_id)
    after = request.args.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 18):
        abort(400)
    after_seq = part_with(store, run_id, request.args["with"]) if "with" in request.args else int(after)
    return render_template("runs/film.html", film=build_film(store, run, after_seq, translator(current_language())))
