"""What the tests of asking a model share: pictures and one question."""

from __future__ import annotations

import numpy as np

from navigation.deadline import Deadline
from navigation.settings import VlmSettings
from navigation.types import Box, Size
from navigation.vlm import HttpVlm
from navigation.vlm_answer import Convention
from tests.faults.fake_vlm import FakeVlm

SCREEN = np.full((1080, 1920, 3), 230, np.uint8)
SMALL = np.full((560, 1120, 3), 230, np.uint8)
PIXELS = Convention("pixels")
SENT = Size(1568, 896)
CONVENTIONS = [(unit, y_first) for unit in ("pixels", "per_mille", "unit") for y_first in (False, True)]


def propose(fake: FakeVlm, *, seconds: float = 10, settings: VlmSettings | None = None) -> Box | None:
    client = HttpVlm(settings or VlmSettings(base_url=fake.url, model="m", api_key="k-canary"))
    try:
        return client.propose(SCREEN, "le bouton Valider", deadline=Deadline.after(seconds))
    finally:
        client.close()
