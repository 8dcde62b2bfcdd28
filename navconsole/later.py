"""Views whose module is loaded when they are first asked for: what counts and draws is half a console's memory."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def later(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module, as a view that loads it at its first request."""

    def view(**values: Any) -> Any:
        return getattr(importlib.import_module(module), name)(**values)

    view.__name__ = name
    return view
