"""The HTTP API /api/v1 for robots: thin views over the navigator. Its contract is docs/api.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from navconsole.admission import BusyError
from navconsole.api.answers import attempt_answer, instruction_answer, opened_answer, result_answer, run_answer
from navconsole.api.openapi import document
from navconsole.api.problems import refuse, refuse_action, refuse_part
from navconsole.api.requests import (
    BadIdError,
    BadJsonError,
    BadPartsError,
    BadQueryError,
    BadRunError,
    checked_id,
    read_after,
    read_attempt,
    read_poll,
    read_result,
    read_run,
)
from navconsole.asked import BadPartError, NotAllowedError, UnfitError, UnknownError
from navconsole.services import services
from navconsole.turns import turn_of
from navconsole.versions import product_version
from navigation.errors import BadActionError, BadScreenshotError, ConflictError, HaltedError, LeaseError
from navigation.records import ApiToken

if TYPE_CHECKING:  # the engine and its libraries are there only where attempts are carried out
    from navconsole.conductor import Conductor
    from navconsole.navigator import Navigator

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

SCOPE = "ingest"
_MAX_SECRET = 200


@blueprint.before_request
def check_token() -> Response | None:
    """A bearer token and nothing else: no cookie, no token in the address."""
    if services().settings.is_auth_disabled:
        g.token = None
        return None if services().navigator is not None else refuse("no_navigator")
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = None
    if kind.lower() == "bearer" and 0 < len(secret) <= _MAX_SECRET:
        token = services().store.token(secret, datetime.now(UTC))
    if token is None:
        return refuse("unauthenticated")
    if SCOPE not in token.scopes:
        return refuse("scope_missing")
    g.token = token
    return None if services().navigator is not None else refuse("no_navigator")


@blueprint.post("/runs")
def create_run() -> tuple[Response, int]:
    asked = read_run()
    if asked.stream is not None:
        opened = _conductor().open(asked, asked.stream, may_use=_may_use)
        return jsonify(opened_answer(opened)), 201 if opened.is_new else 200
    is_new = _navigator().create_run(asked, may_use=_may_use)
    return jsonify(id=asked.id), 201 if is_new else 200


@blueprint.get("/runs/<run_id>")
def show_run(run_id: str) -> Response:
    """How the run stands: what a robot asks before each press, and while it waits for a person."""
    return jsonify(run_answer(_navigator().run_standing(checked_id(run_id), may_use=_may_use)))


@blueprint.get("/runs/<run_id>/instruction")
def show_instruction(run_id: str) -> Response:
    """What the robot is to do next; it is waited for a little, and 204 says that there is nothing yet."""
    after, token, wait_s = read_poll()
    out = _conductor().instruction(
        checked_id(run_id),
        after=after,
        token=token,
        wait_s=wait_s,
        waiting=turn_of(request).waiting,
        may_use=_may_use,
    )
    return Response(status=204) if out is None else jsonify(instruction_answer(out))


@blueprint.post("/runs/<run_id>/results")
def take_result(run_id: str) -> Response:
    answered = _conductor().result(checked_id(run_id), read_result(), may_use=_may_use)
    return jsonify(result_answer(answered))


@blueprint.post("/attempts")
def create_attempt() -> Response:
    return jsonify(attempt_answer(_navigator().navigate(read_attempt(), may_use=_may_use)))


@blueprint.post("/attempts/<attempt_id>/after")
def finish_attempt(attempt_id: str) -> Response:
    picture, was_pressed = read_after()
    detail = _navigator().after(checked_id(attempt_id), picture, was_pressed=was_pressed, may_use=_may_use)
    return jsonify(attempt_answer(detail))


@blueprint.get("/attempts/<attempt_id>")
def show_attempt(attempt_id: str) -> Response:
    return jsonify(attempt_answer(_navigator().attempt(checked_id(attempt_id), may_use=_may_use)))


@blueprint.get("/openapi.json")
def describe() -> Response:
    return jsonify(document(product_version()))


def _navigator() -> Navigator:
    return cast("Navigator", services().navigator)


def _conductor() -> Conductor:
    return cast("Conductor", services().conductor)


def _may_use(application: str) -> bool:
    token: ApiToken | None = g.token
    return token is None or token.applications is None or application in token.applications


# --- refusals -------------------------------------------------------------------------------------


@blueprint.errorhandler(BadJsonError)
def _on_bad_json(err: BadJsonError) -> Response:
    return refuse(err.code)


@blueprint.errorhandler(BadActionError)
def _on_bad_action(err: BadActionError) -> Response:
    return refuse_action(err)


@blueprint.errorhandler(BadRunError)
def _on_bad_run(err: BadRunError) -> Response:
    return refuse_part("bad_run", err.path, err.kind)


@blueprint.errorhandler(BadPartError)
def _on_bad_part(err: BadPartError) -> Response:
    return refuse_part(f"bad_{err.of}", err.path, err.kind)


@blueprint.errorhandler(BadQueryError)
def _on_bad_query(err: BadQueryError) -> Response:
    return refuse("bad_query", name=err.name[:100])


@blueprint.errorhandler(UnfitError)
def _on_unfit(_err: UnfitError) -> Response:
    return refuse("unfit")


@blueprint.errorhandler(LeaseError)
def _on_lease(err: LeaseError) -> Response:
    return refuse(err.code)


@blueprint.errorhandler(BadIdError)
def _on_bad_id(_err: BadIdError) -> Response:
    return refuse("bad_id")


@blueprint.errorhandler(BadPartsError)
def _on_bad_parts(_err: BadPartsError) -> Response:
    return refuse("bad_parts")


@blueprint.errorhandler(BadScreenshotError)
def _on_bad_screenshot(err: BadScreenshotError) -> Response:
    return refuse(f"bad_screenshot_{err.code}")


@blueprint.errorhandler(UnknownError)
def _on_unknown(_err: UnknownError) -> Response:
    return refuse("not_found")


@blueprint.errorhandler(NotAllowedError)
def _on_not_allowed(_err: NotAllowedError) -> Response:
    return refuse("application_forbidden")


@blueprint.errorhandler(ConflictError)
def _on_conflict(_err: ConflictError) -> Response:
    return refuse("conflict")


@blueprint.errorhandler(HaltedError)
def _on_halted(err: HaltedError) -> Response:
    return refuse(err.code)


@blueprint.errorhandler(BusyError)
def _on_busy(_err: BusyError) -> Response:
    return refuse("busy")


@blueprint.errorhandler(RequestEntityTooLarge)
def _on_too_large(_err: RequestEntityTooLarge) -> Response:
    return refuse("too_large")


@blueprint.errorhandler(UnsupportedMediaType)
def _on_media_type(_err: UnsupportedMediaType) -> Response:
    return refuse("unsupported_media_type")
