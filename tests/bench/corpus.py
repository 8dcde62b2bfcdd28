"""A corpus of screenshots with exact ground truth (the format of `../shared/corpus`): cases, transitions, scoring."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from navigation.protocols import RgbImage

HELD_OUT = ("jupyterlab", "trac")
"""Applications named before tuning began; none of their screens or single answers is looked at, only totals."""

Case = Mapping[str, Any]
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool said to one query: where it would press, or how it refused. `ms`: of this query alone."""

    case: Case
    spot: Spot | None
    outcome: str
    ms: float
    said: str = ""

    @property
    def result(self) -> str:
        """hit, label, wrong, abstains; for what is not on the screen: found, refused."""
        if self.case["negative"]:
            return "found" if self.spot else "refused"
        if self.spot is None:
            return "abstains"
        if _inside(self.spot, self.case["acceptable"]):
            return "hit"
        label = self.case.get("label_bbox")
        return "label" if self.case["kind"] == "field" and label and _inside(self.spot, [label]) else "wrong"


def load_cases(corpus: Path) -> list[Case]:
    """Every query of a corpus, in the order of its file."""
    return _lines(corpus / "cases.jsonl")


def load_transitions(corpus: Path) -> list[Case]:
    """Every pair of screens of a corpus; none when it has no such file."""
    path = corpus / "transitions.jsonl"
    return _lines(path) if path.is_file() else []


def load_picture(corpus: Path, image: str) -> RgbImage:
    """(height, width, 3) RGB. Raises FileNotFoundError."""
    pixels = cv2.imread(str(corpus / image), cv2.IMREAD_COLOR)
    if pixels is None:
        raise FileNotFoundError(f"{corpus / image} is no picture")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def by_image(cases: Iterable[Case]) -> dict[str, list[Case]]:
    grouped: dict[str, list[Case]] = {}
    for case in cases:
        grouped.setdefault(case["image"], []).append(case)
    return grouped


def kind_of(case: Case) -> str:
    """The row of the table a case counts in."""
    if case["negative"]:
        return f"absent, {case['negative_type']}"
    if case["kind"] == "field":
        return "field"
    if not case["ambiguous"]:
        return "clickable, unique"
    return "one control among equal texts" if len(case["acceptable"]) == 1 else "several equal controls"


def native_twin(case: Case, sizes: Mapping[str, tuple[int, int]]) -> Case | None:
    """The same query on the screenshot that a degraded copy was made from; boxes scaled to its size."""
    if case["variant"] == "native":
        return None
    stem = case["image"].split("~")[0]
    image = f"{stem}.png"
    if image not in sizes:
        return None
    (width, height), (copy_width, copy_height) = sizes[image], sizes[case["image"]]
    across, down = width / copy_width, height / copy_height
    boxes = [[x * across, y * down, w * across, h * down] for x, y, w, h in case["acceptable"]]
    return {**case, "image": image, "acceptable": boxes, "variant": "native", "case_id": case["case_id"] + "/native"}


def _inside(spot: Spot, boxes: Iterable[list[float]]) -> bool:
    x, y = spot
    return any(bx <= x <= bx + w and by <= y <= by + h for bx, by, w, h in boxes)


def _lines(path: Path) -> list[Case]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
