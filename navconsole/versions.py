"""Which version of the product this is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache  # asked with every look at how the server is, also when no file can be opened
def product_version() -> str:
    try:
        return version("navconsole")
    except PackageNotFoundError:
        return "0"
