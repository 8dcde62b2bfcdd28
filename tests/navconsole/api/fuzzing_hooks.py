"""What schemathesis cannot find by chance or read in a schema: screens, names that are stored, ids that are new."""

from __future__ import annotations

import io
from itertools import count, cycle
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import ComponentInfo
from schemathesis.transport.serialization import Binary

from tests import screens

CLIENT = "01a208cd-0000-7000-8000-000000000001"
IDS = (f"01a208cd-0000-7000-9000-{number:012x}" for number in count())
NAMES = cycle(("Se connecter", "Identifiant", "Ouvrir", "Imprimer le bon"))
"""Of controls on the screens, and one that is on none."""
LOG_IN = {"target": {"text": "Se connecter"}, "verify_before": None, "verify_after": {"present": ["Patients présents"]}}
TURNS = cycle((True, False))
BANNER = [0.0, 0.06, 1.0, 0.1]
OPENED: list[str] = []
"""Runs, in their order."""
TOKENS: dict[str, int] = {}
"""Of each run of a workflow."""
TOLD: dict[str, dict[str, Any]] = {}
"""Of each run of a workflow, what its result is to name."""


def _png(screen: screens.Screen) -> bytes:
    out = io.BytesIO()
    screen.image.save(out, "PNG")
    return out.getvalue()


PICTURES = [_png(screen) for screen in (screens.login(), screens.board(), screens.record(0))]
schemathesis.openapi.format("binary", st.sampled_from(PICTURES))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Make of a request that is right in its form one that can be carried out; the others stay as they are."""
    if not _is_right(case):
        return
    name = case.operation.definition.raw["operationId"]
    if name == "nextInstruction":
        _follow(case)
    if not isinstance(case.body, dict):
        return
    if name == "openRun":
        _open(case.body)
    elif name == "askWhereToPress":
        _ask(case.body["action"])
    elif name == "tellResult":
        _tell(case)
    if "screenshot" in case.body:
        _keep_right(case)


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    """Note what a workflow's run is told, so that what comes next can be of it."""
    name, is_done = case.operation.definition.raw["operationId"], response.status_code in (200, 201)
    if name == "openRun" and case.method == "POST" and is_done and "stream" in response.json():
        TOKENS[response.json()["id"]] = response.json()["stream"]["token"]
    elif name == "nextInstruction" and case.method == "GET" and is_done:
        told = response.json()
        run_id = case.path_parameters["run_id"]
        TOLD[run_id] = {"number": told["number"], "id": told["id"], "token": TOKENS.get(run_id, 1)}


def _is_right(case: Any) -> bool:
    """Whether the request was made as one that is right."""
    meta = case.meta
    return meta is not None and (
        meta.generation.mode.is_positive or getattr(meta.phase.data, "description", "") == "Positive test case"
    )


def _keep_right(case: Any) -> None:
    """A body with bytes in it is taken for a wrong one as soon as a link or this file changed a part of it."""
    case.meta.components[ParameterLocation.BODY] = ComponentInfo(mode=GenerationMode.POSITIVE)
    case.meta.generation.mode = GenerationMode.POSITIVE
    case._sync_validated_hashes()


def _open(run: dict[str, Any]) -> None:
    for name in ("application", "workflow", "agent"):  # its Unicode has characters that Python's has not
        run[name] = "".join(filter(str.isprintable, run[name])).strip() or "x"
    run["id"] = next(IDS)
    OPENED.append(run["id"])
    drawn = run.get("stream")
    if drawn or next(TURNS):
        run |= {"application": "dpi", "workflow": "tour"}
        run["stream"] = {
            "version": drawn.get("version") if drawn and next(TURNS) else None,
            "machine": f"poste {run['id']}",
            "client": CLIENT,
            "language": "fr",
            "parameters": {"ipp": "8012345", "name": "MARTIN Jeanne"},
        }


def _follow(case: Any) -> None:
    case.query["wait"] = 0  # a round is not to wait half a minute for each
    if case.path_parameters["run_id"] not in TOKENS and TOKENS:
        run_id = next(reversed(TOKENS))
        case.path_parameters["run_id"] = run_id
        case.query |= {"token": TOKENS[run_id], "after": 0}


def _ask(action: dict[str, Any]) -> None:
    action |= {"id": next(IDS), "target": {"text": next(NAMES)}}
    if next(TURNS):
        action |= LOG_IN
    if action.get("run_id") not in OPENED:
        action["run_id"] = OPENED[-1] if OPENED else next(IDS)
    for name in ("verify_before", "verify_after"):
        screen = action.get(name)
        if screen and screen.get("patient_banner"):  # no schema says that a box lies within the picture
            screen |= {"patient_banner": BANNER, "is_without_patient": False}


def _tell(case: Any) -> None:
    result, run_id = case.body["result"], case.path_parameters["run_id"]
    if run_id not in OPENED and TOLD:
        run_id = next(reversed(TOLD))
        case.path_parameters["run_id"] = run_id
        result |= TOLD[run_id]
    result["client"] = CLIENT
    case.body.setdefault("screenshot", Binary(PICTURES[0]))  # whether it is needed depends on what was told
