"""Where the templates and the static files are: beside the packages in a checkout, inside navconsole in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from navigation.errors import NavigationError

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(kind: Literal["templates", "static"]) -> Path:
    """The folder of the templates or the static files.

    The shipped one goes first: beside an installed package, a folder of that name belongs to somebody else.
    Raises NavigationError when neither is there, that is when the installation is damaged.
    """
    for folder in (_PACKAGE / "_shipped" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise NavigationError(
        "The folder {kind}/ of navconsole is missing: the installation is damaged; install it again", kind=kind
    )
