"""What the forms of one's own account may say."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, Length  # type: ignore[import-untyped]

from navconsole.auth.forms import NEEDED, TOO_LONG


class EnrolForm(FlaskForm):  # type: ignore[misc]
    """`sealed` carries the key that the page showed; `password` is asked of those who have one."""

    sealed = HiddenField()
    password = PasswordField()
    code = StringField(validators=[InputRequired(NEEDED), Length(max=20, message=TOO_LONG)])


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    password = PasswordField()
