"""Cases on drawn screens, and packs of them, for tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from navigation.actions import parse_action
from navigation.cases import REFUSALS, Expected, NavCase, PictureRef
from navigation.imaging import open_screenshot
from navigation.packs.format import Manifest
from navigation.packs.writing import write_pack
from navigation.types import Box, Outcome
from tests import screens

MANIFEST = Manifest(
    "original",
    name="drawn",
    configuration={"thresholds": {"score": 0.9, "margin": 0.08, "anchor": 0.88}, "language": "fra"},
)
LOGIN = ("Identifiant", "Mot de passe")


@cache
def png(draw: Any) -> bytes:
    data = io.BytesIO()
    draw().image.save(data, "PNG")
    return data.getvalue()


def ref(data: bytes) -> PictureRef:
    shot = open_screenshot(data)
    return PictureRef(shot.image_id, shot.size)


def a_case(
    case_id: str = "login-submit",
    *,
    text: str = "Se connecter",
    boxes: Sequence[Box] = (Box(483, 456, 400, 38),),
    picture: bytes = b"",
    kind: str = "clickable",
    outcomes: Sequence[Outcome] = (),
    present: Sequence[str] = LOGIN,
    screen: str = "Connexion",
    **more: Any,
) -> NavCase:
    action = {
        "type": "navigate",
        "target": {"text": text, "kind": kind, **more.pop("target", {})},
        "verify_before": {"name": screen, "present": list(present)} if present else None,
        "verify_after": more.pop("verify_after", None),
    }
    expected = Expected(tuple(outcomes) or ((Outcome.OK,) if boxes else REFUSALS), tuple(boxes))
    return NavCase(
        case_id, "dpi", screen, parse_action(action), ref(picture or png(screens.login)), expected, answer="right",
        **more,
    )  # fmt: skip


def three_cases() -> list[NavCase]:
    """A press, a field and a refusal on one picture."""
    return [
        a_case(),
        a_case("login-user", text="Identifiant", kind="field", boxes=[Box(483, 318, 400, 36)]),
        a_case("login-none", text="Clôturer le passage", boxes=()),
    ]


def pictures_of(*draws: Any) -> dict[str, bytes]:
    return {ref(png(draw)).id: png(draw) for draw in draws}


def a_pack(path: Path, cases: Sequence[NavCase] | None = None) -> Path:
    write_pack(path, MANIFEST, cases or three_cases(), pictures_of(screens.login))
    return path


def noise_png(width: int = 64, height: int = 32, seed: int = 0) -> bytes:
    data = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(data, "PNG")
    return data.getvalue()
