"""What the forms of log-in and password may say."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, Length  # type: ignore[import-untyped]

from navconsole.auth.passwords import MAX_LENGTH
from navconsole.i18n import mark as _

NEEDED = _("Fill in this field.")
TOO_LONG = _("This is too long.")


class LoginForm(FlaskForm):  # type: ignore[misc]
    name = StringField(validators=[InputRequired(NEEDED), Length(max=200, message=TOO_LONG)])
    password = PasswordField(validators=[InputRequired(NEEDED), Length(max=MAX_LENGTH, message=TOO_LONG)])
    next = HiddenField()


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """`current` is checked by the view: someone without a password has none to give."""

    current = PasswordField()
    new = PasswordField(validators=[InputRequired(NEEDED)])
    again = PasswordField(validators=[InputRequired(NEEDED)])


class CodeForm(FlaskForm):  # type: ignore[misc]
    code = StringField(validators=[InputRequired(NEEDED), Length(max=40, message=TOO_LONG)])
    next = HiddenField()


class LinkForm(FlaskForm):  # type: ignore[misc]
    """Nothing but the form token: a link is used by a press, so that a mail scanner's visit does not spend it."""
