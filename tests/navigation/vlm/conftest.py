"""A model that behaves as a test says, on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm


@pytest.fixture
def fake() -> Iterator[FakeVlm]:
    with fake_vlm.running() as fake:
        yield fake
