"""Ships templates/ and static/ inside the wheel; an editable install finds them in the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NEEDED = "static/vendor/htmx.min.js"


class ShipResources(BuildHookInterface):
    """Adds the resources to a real wheel only: in an editable one they would be a copy that grows old."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if not (Path(self.root) / NEEDED).is_file():
            raise FileNotFoundError(
                f"{NEEDED} is missing, and the console needs it. Run `make setup`, then build again."
            )
        for kind in ("templates", "static"):
            build_data["force_include"][kind] = f"navconsole/_shipped/{kind}"
