"""What may be said when a configuration is made or put into use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length, Regexp, ValidationError  # type: ignore[import-untyped]

from navconsole.i18n import mark as _
from navigation.configurations import Limits
from navigation.settings import CACHE_RANGES, CachePolicy, Thresholds

MAX_WORDS: Final = 500
NOTE_NEEDED = _("Say what this configuration is for; it keeps this note for good.")
REASON_NEEDED = _("Say why in a few words; it stands in the history and in the audit log.")
TOO_LONG = _("This is too long: 500 characters are room enough.")
NOT_A_SHARE = _("Write a number from 0 to 100, with a comma or a point.")
NOT_AN_AGREEMENT = _("Write a number from 75 to 100, with a comma or a point.")
NOT_AN_AGE = _("Write a number of days from 0 to 3650.")
NOT_A_WINDOW = _("Write a whole number of pixels from 0 to 400.")
CONFIG_NEEDED = _("Choose the configuration that is to judge.")
PERCENT: Final = 100


def stripped(text: str | None) -> str:
    return (text or "").strip()


def words(missing: str) -> StringField:
    return StringField(filters=[stripped], validators=[DataRequired(missing), Length(max=MAX_WORDS, message=TOO_LONG)])


def number_of(text: str) -> float:
    """A number as people write it: "0,9", "90 %", "1 200". Raises ValueError."""
    kept = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").removesuffix("%").replace(",", ".")
    if not kept.isascii() or "_" in kept:
        raise ValueError(text)
    return float(kept)


class _Between:
    """That a field holds a number between two limits, both allowed; nan is between none."""

    def __init__(self, low: float, high: float, message: str) -> None:
        self.low, self.high, self.message = low, high, message

    def __call__(self, form: Any, field: Field) -> None:
        try:
            value = number_of(field.data)
        except ValueError:
            raise ValidationError(self.message) from None
        if not self.low <= value <= self.high:
            raise ValidationError(self.message)


def between(low: float, high: float, message: str) -> StringField:
    return StringField(filters=[stripped], validators=[_Between(low, high, message)])


class ConfigForm(FlaskForm):  # type: ignore[misc]
    """New limits; shares in percent, as the console shows them."""

    score = between(0, PERCENT, NOT_A_SHARE)
    margin = between(0, PERCENT, NOT_A_SHARE)
    anchor = between(0, PERCENT, NOT_A_SHARE)
    agreement = between(CACHE_RANGES["agreement"][0] * PERCENT, PERCENT, NOT_AN_AGREEMENT)
    max_age_days = between(*CACHE_RANGES["max_age_days"], NOT_AN_AGE)
    window_px = between(*CACHE_RANGES["window_px"], NOT_A_WINDOW)
    note = words(NOTE_NEEDED)

    def limits(self, base: Limits) -> Limits:
        """The limits asked for; what the form does not ask is as in `base`."""
        return Limits(
            Thresholds(
                score=_share(self.score),
                margin=_share(self.margin),
                anchor=_share(self.anchor),
                candidate_floor=base.thresholds.candidate_floor,
            ),
            CachePolicy(
                max_age_days=number_of(self.max_age_days.data),
                max_entries=base.cache.max_entries,
                agreement=_share(self.agreement),
                window_px=round(number_of(self.window_px.data)),
            ),
        )


class UseForm(FlaskForm):  # type: ignore[misc]
    """`seen` is the number its author saw in use."""

    seen = HiddenField()
    reason = words(REASON_NEEDED)


class ShadowForm(FlaskForm):  # type: ignore[misc]
    """Which configuration is to judge beside the one in use, and why."""

    config = StringField(validators=[Regexp(r"[0-9]{1,9}\Z", message=CONFIG_NEEDED)], filters=[stripped])
    reason = words(REASON_NEEDED)


def as_written(limits: Limits, write: Any) -> Mapping[str, str]:
    """The form's fields filled with these limits; `write` sets a number in the reader's language."""
    thresholds, cache = limits.thresholds, limits.cache
    return {
        "score": write(thresholds.score * PERCENT),
        "margin": write(thresholds.margin * PERCENT),
        "anchor": write(thresholds.anchor * PERCENT),
        "agreement": write(cache.agreement * PERCENT),
        "max_age_days": write(cache.max_age_days),
        "window_px": write(cache.window_px),
    }


def _share(field: Field) -> float:
    return round(number_of(field.data) / PERCENT, 6)
