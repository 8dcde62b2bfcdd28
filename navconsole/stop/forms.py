"""What the forms of stopping and letting go may say."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, Length  # type: ignore[import-untyped]

from navconsole.i18n import mark as _

MAX_REASON = 300
REASON_NEEDED = _("Say why in a few words; everybody who sees the stop will read it.")
REASON_TOO_LONG = _("This is too long: 300 characters are room enough for a reason.")


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class StopForm(FlaskForm):  # type: ignore[misc]
    """For stopping and for letting go; an `application` of "" is every one."""

    application = StringField(validators=[Length(max=100)], filters=[lambda text: text or ""])
    reason = StringField(
        filters=[_stripped],
        validators=[InputRequired(REASON_NEEDED), Length(min=1, max=MAX_REASON, message=REASON_TOO_LONG)],
    )
    next = HiddenField()
