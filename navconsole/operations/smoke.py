"""The five checks after a deploy: they say whether it stays or goes back. Runs where the rest cannot even be imported.

    python -m navconsole.operations.smoke [--data FOLDER] [--url ADDRESS] [--unit NAME] [--no-service] [--json]

Whatever a broken version raises is a check that failed, so everything is imported inside its check.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKS = ("import", "actions", "handler", "reading", "service")
BUTTON = "Se connecter"
SIZE = (640, 360)
BOX = (200, 200, 420, 256)
WAIT_S = 30.0


@dataclass(frozen=True)
class Check:
    """What one of `CHECKS` came to; `says` is in the person's language where that can be had."""

    name: str
    passed: bool
    says: str


def check_import() -> str:
    importlib.import_module("navconsole.serving")
    importlib.import_module("navconsole.app")
    importlib.import_module("navconsole.navigator")
    return gettext("The server can be imported.")


def check_actions() -> str:
    engine = importlib.import_module("navigation.replay_engine")
    allowed, server_side = engine._ALLOWED_ACTION_TYPES, engine._SERVER_SIDE_ACTION_TYPES
    if "navigate" not in allowed or "navigate" not in server_side:
        raise AssertionError(gettext("“navigate” is not among the actions that are carried out."))
    return gettext("“navigate” is allowed, and carried out by the server.")


def check_handler() -> str:
    import inspect

    handler = importlib.import_module("navigation")._handle_navigate_action
    if not inspect.iscoroutinefunction(handler) or "budget_s" not in inspect.signature(handler).parameters:
        raise AssertionError(gettext("The handler of “navigate” cannot be called as it should."))
    return gettext("The handler of “navigate” can be called.")


def check_reading() -> str:
    """A button is drawn, read and found, and a text that is not there is not found."""
    from navigation import Engine, Target

    picture = draw()
    engine = Engine()
    found = engine.ground(picture, Target(text=BUTTON))
    x0, y0, x1, y1 = BOX
    point = found.point_px
    if found.outcome != "found" or point is None or not (x0 <= point.x < x1 and y0 <= point.y < y1):
        raise AssertionError(gettext("A drawn button was not found where it is (%(outcome)s).", outcome=found.outcome))
    if engine.ground(picture, Target(text="Supprimer")).outcome == "found":
        raise AssertionError(gettext("A button that was not drawn was found."))
    return gettext("A drawn button was read and found, and one that was not drawn was not.")


def draw() -> Any:
    """A screen with one button and another text, by the font that Pillow carries."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", SIZE, "white")
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle(BOX, fill="#1a5fb4")
    centre = ((BOX[0] + BOX[2]) // 2, (BOX[1] + BOX[3]) // 2)
    drawing.text(centre, BUTTON, fill="white", font=ImageFont.load_default(24), anchor="mm")
    drawing.text((200, 90), "Mot de passe", fill="black", font=ImageFont.load_default(24))
    return picture


def check_service(url: str, unit: str) -> str:
    from navconsole.operations.service import health, is_active
    from navconsole.versions import product_version

    if unit and is_active(unit) is False:
        raise AssertionError(gettext("The service %(unit)s is not active.", unit=unit))
    answer = health(url, wait_s=WAIT_S)
    if answer is None:
        raise AssertionError(gettext("%(url)s/health gives no good answer.", url=url))
    if answer.get("version") != product_version():
        text = gettext(
            "The server runs version %(there)s, installed is %(here)s: it was not restarted.",
            there=answer.get("version"), here=product_version(),
        )  # fmt: skip
        raise AssertionError(text)
    return gettext("The service runs and answers, version %(version)s.", version=answer.get("version"))


def run(*, url: str, unit: str, has_service: bool) -> list[Check]:
    """All checks in their order; a check that is not asked for is left out."""
    acts: dict[str, Callable[[], str]] = {
        "import": check_import,
        "actions": check_actions,
        "handler": check_handler,
        "reading": check_reading,
        "service": lambda: check_service(url, unit),
    }
    return [_tried(name, act) for name, act in acts.items() if has_service or name != "service"]


def _tried(name: str, act: Callable[[], str]) -> Check:
    try:
        return Check(name, True, act())
    except AssertionError as err:
        return Check(name, False, str(err))
    except Exception as err:  # noqa: BLE001 the outer edge: whatever a broken version raises is what is looked for
        detail = getattr(err, "detail", "")
        return Check(name, False, f"{type(err).__name__}: {detail or err}")


def way_back(data: Path, failed: list[Check]) -> list[str]:
    """What to do, a line each, commands among them."""
    try:
        return list(importlib.import_module("navconsole.operations.way_back").steps(data, [one.name for one in failed]))
    except Exception as err:  # noqa: BLE001 as above
        return [
            f"({type(err).__name__} while looking for the noted commit: {data / 'deploy.json'})",
            "git revert --no-edit <commit noted by deploy-check>..HEAD",
        ]


def main(arguments: list[str] | None = None) -> int:
    """Run and print; 0: it stays, 1: go back."""
    parser = argparse.ArgumentParser(prog="navconsole smoke", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("NAVCONSOLE_DATA", "var/data")))
    parser.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('NAVCONSOLE_PORT', '5005')}")
    parser.add_argument("--unit", default="")
    parser.add_argument("--no-service", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    return report(given.data, given.url, given.unit, has_service=not given.no_service, as_json=given.json)


def report(data: Path, url: str, unit: str, *, has_service: bool, as_json: bool) -> int:
    done = run(url=url, unit=unit, has_service=has_service)
    failed = [one for one in done if not one.passed]
    steps = way_back(data, failed) if failed else []
    if as_json:
        body = {
            "ok": not failed,
            "checks": [{"check": one.name, "passed": one.passed, "says": one.says} for one in done],
            "way_back": steps,
        }
        print(json.dumps(body, ensure_ascii=False, indent=2))
        return int(bool(failed))
    for one in done:
        print(f"{gettext('fine') if one.passed else gettext('FAILS')}  {one.name}: {one.says}")
    print(gettext("The deploy stays.") if not failed else gettext("Go back:"))
    for step in steps:
        print(f"  {step}")
    return int(bool(failed))


def gettext(text: str, **values: object) -> str:
    """The sentence in the person's language, or in English where not even that works."""
    try:
        return str(importlib.import_module("navconsole.terminal").gettext(text, **values))
    except Exception:  # noqa: BLE001 as above
        return text % values if values else text


if __name__ == "__main__":
    sys.exit(main())
