"""What acting by itself needs to see with: finding a target on a frame, and reading a field. `Engine` has both."""

from __future__ import annotations

from typing import Protocol

from navigation.protocols import RgbImage
from navigation.types import Box, Grounding, Target
from navigation.values import ReadValue


class Eyes(Protocol):
    def ground(self, image: RgbImage, target: Target) -> Grounding:
        """Where the target is, or why there is no answer."""

    def read_value(self, image: RgbImage, box: Box) -> ReadValue:
        """What stands in the field whose border is `box`."""
