"""What may be asked of a replay in bulk on its page."""

from __future__ import annotations

from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField  # type: ignore[import-untyped]
from wtforms.validators import Length, Optional  # type: ignore[import-untyped]

from navconsole.i18n import mark as _
from navconsole.replay.asking import MOST_LATEST, READERS, Asked
from navconsole.tuning.config_forms import NOT_A_SHARE, PERCENT, TOO_LONG, between, number_of, stripped

MAX_LINE: Final = 1000
NOT_A_COUNT = _("Write a whole number of attempts from 1 to 1000000, or leave it empty for all of them.")
EVERY, CASES, OF_SET = "every", "cases", "set:"
READ_WITH: Final = ("tesserocr", "tesserocr,rapidocr", "pytesseract", "rapidocr")
"""Readers that can be asked for on the page, by comma in their order."""


def _maybe(low: float, high: float, message: str) -> StringField:
    field = between(low, high, message)
    field.kwargs["validators"].insert(0, Optional())
    return field


class ReplayForm(FlaskForm):  # type: ignore[misc]
    """Which attempts, under which limits (shares in per cent), read how; an empty field does not narrow."""

    q = StringField(filters=[stripped], validators=[Length(max=MAX_LINE, message=TOO_LONG)])
    of = SelectField(validate_choice=False)
    latest = _maybe(1, MOST_LATEST, NOT_A_COUNT)
    config = SelectField(validate_choice=False)
    score = _maybe(0, PERCENT, NOT_A_SHARE)
    margin = _maybe(0, PERCENT, NOT_A_SHARE)
    readers = SelectField(validate_choice=False)

    def asked(self) -> Asked:
        of = self.of.data or EVERY
        set_name = of.removeprefix(OF_SET) if of.startswith(OF_SET) else ""
        latest = round(number_of(self.latest.data)) if self.latest.data else None
        return Asked(self.q.data or "", of == CASES, set_name, (), latest)

    def setting(self) -> dict[str, Any]:
        """As `asking.setting_for` takes it."""
        number = self.config.data or ""
        readers = tuple(name for name in (self.readers.data or "").split(",") if name in READERS)
        return {
            "config_id": int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
            "score": _share(self.score.data),
            "margin": _share(self.margin.data),
            "readers": readers,
        }


def readings(installed: list[str]) -> list[str]:
    """Of what can be asked for, what can run on this server."""
    return [names for names in READ_WITH if set(names.split(",")) <= set(installed)]


def _share(text: str | None) -> float | None:
    return round(number_of(text) / PERCENT, 6) if text else None
