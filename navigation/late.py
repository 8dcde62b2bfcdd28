"""Large libraries, loaded when they are first used: a console that only shows pages holds half the memory."""

from __future__ import annotations

import importlib
from typing import Any


class Late:
    """Stands for a module that is imported at the first use of a name of it."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self._module), name)
        setattr(self, name, value)
        return value
