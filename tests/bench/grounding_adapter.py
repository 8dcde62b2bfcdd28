"""The engine as an adapter of the corpus's scorer (`--module` of its bench.py): what `Engine.ground` answers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image

from navigation import Engine, Page, Settings, Target


class NavEngine:
    """Reads a screen once (`Engine.read`), then answers each query from the page (`Engine.ground`)."""

    caches = True

    def __init__(self) -> None:
        self.engine = Engine(Settings(language=os.environ.get("OCR_LANG", "fra")))

    def tokens(self, image: Image.Image) -> Page:
        return self.engine.read(image)

    def match(self, page: Page, query: str, kind: str) -> tuple[float, float, float] | None:
        found = self.engine.ground(page, Target(query, "field" if kind == "field" else "clickable"))
        if found.point_px is None:
            return None
        return found.point_px.x, found.point_px.y, found.score or 0.0


REG: dict[str, Any] = {"navconsole": NavEngine}
