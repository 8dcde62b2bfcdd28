"""What may be said when a certificate is planned."""

from __future__ import annotations

from typing import Final

from flask_wtf import FlaskForm
from wtforms import RadioField, StringField  # type: ignore[import-untyped]
from wtforms.validators import AnyOf, Length, Optional, ValidationError  # type: ignore[import-untyped]

from navconsole.i18n import mark as _
from navconsole.tuning.config_forms import MAX_WORDS, PERCENT, TOO_LONG, number_of, stripped
from navigation.certificates import MODES

NOT_A_RATE: Final = _("Write a number above 0 and below 100, with a comma or a point.")


def _is_a_rate(form: FlaskForm, field: StringField) -> None:
    try:
        value = number_of(field.data)
    except ValueError:
        raise ValidationError(NOT_A_RATE) from None
    if not 0 < value < PERCENT:
        raise ValidationError(NOT_A_RATE)


class PlanForm(FlaskForm):  # type: ignore[misc]
    """Rates in per cent; without `alpha_absent` nothing is promised of targets that are not there."""

    alpha = StringField(default="5", filters=[stripped], validators=[_is_a_rate])
    alpha_absent = StringField(default="5", filters=[stripped], validators=[Optional(), _is_a_rate])
    delta = StringField(default="5", filters=[stripped], validators=[_is_a_rate])
    mode = RadioField(default="frozen", choices=MODES, validators=[AnyOf(MODES)])
    note = StringField(filters=[stripped], validators=[Length(max=MAX_WORDS, message=TOO_LONG)])

    def share(self, name: str) -> float:
        return number_of(self[name].data) / PERCENT
