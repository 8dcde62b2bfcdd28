"""Evidence made by hand: a case that is pressed rightly, wrongly or not at all up to a score limit."""

from __future__ import annotations

import math
from typing import Any

from navigation.evidence import Case, Truth, Unit
from navigation.types import Box
from navigation.would_press import Span, Spot

HERE = Box(10, 10, 40, 20)
SPOT = Spot(1.0, 30, 20, (10, 10, 40, 20))
ELSEWHERE = Spot(1.0, 300, 200, (280, 190, 40, 20))


def a_unit(number: int = 0, *, screen: str = "Connexion", application: str = "dpi") -> Unit:
    return Unit(application, screen, f"signature of {screen}", f"target {number}", "clickable")


def pressing(spot: Spot, *, up_to: float = 1.0, possible: tuple[Spot, ...] = ()) -> tuple[Span, ...]:
    """The spans of an attempt that presses there at every score limit up to one."""
    return (Span(-math.inf, up_to, -math.inf, math.inf, spot, possible),)


def a_case(number: int = 0, *, spot: Spot | None = SPOT, is_there: bool | None = True, **given: Any) -> Case:
    boxes = (HERE,) if is_there else ()
    values = {
        "id": f"attempt {number}",
        "unit": a_unit(number),
        "spans": pressing(spot) if spot else (),
        "truth": Truth(is_there, boxes),
        "sample_id": "sample",
    }
    return Case(**values | given)
