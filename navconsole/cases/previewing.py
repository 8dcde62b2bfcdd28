"""The masked pictures of an export as files to look at before anything goes out: a page, its style, the pictures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from navconsole.cases.exporting import Prepared
from navconsole.cases.files import WHY_LEFT, counted
from navconsole.i18n import catalogue
from navconsole.resources import resource_dir
from navconsole.terminal import language
from navigation.cases import NavCase, PictureRef

PAGE: Final = "index.html"
PICTURES: Final = "images"
_STYLE: Final = "preview.css"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with the cases that are on it, before the press or after."""

    picture: PictureRef
    cases: Sequence[NavCase]

    @property
    def file(self) -> str:
        return f"{PICTURES}/{self.picture.id}.png"


def shown_of(cases: Sequence[NavCase]) -> list[Shown]:
    """Each picture once, in the order of the cases."""
    found: dict[str, tuple[PictureRef, list[NavCase]]] = {}
    for case in cases:
        for picture in case.pictures:
            found.setdefault(picture.id, (picture, []))[1].append(case)
    return [Shown(picture, its_cases) for picture, its_cases in found.values()]


def write_preview(folder: Path, prepared: Prepared) -> None:
    """Write the page with all it needs, for the own account alone. OSError when the disk refuses.

    Of what stays behind it has ids and reasons, never the text that may name somebody.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / PICTURES).mkdir(mode=0o700)
    for image_id, png in prepared.pictures.items():
        (folder / PICTURES / f"{image_id}.png").write_bytes(png)
    shutil.copyfile(resource_dir("static") / "css" / _STYLE, folder / _STYLE)
    (folder / PAGE).write_text(_page(prepared), encoding="utf-8")


def _page(prepared: Prepared) -> str:
    words = catalogue(language())
    env = Environment(
        loader=FileSystemLoader(resource_dir("templates")), autoescape=select_autoescape(),
        extensions=["jinja2.ext.i18n"], trim_blocks=True,
    )  # fmt: skip
    env.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    left: list[tuple[str, list[Mapping[str, Any]]]] = list(counted(prepared.left))
    return env.get_template("cases/preview.html").render(
        lang=language(), cases=prepared.cases, pictures=shown_of(prepared.cases), left=left, why_left=WHY_LEFT,
        style=_STYLE,
    )  # fmt: skip
