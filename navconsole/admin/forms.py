"""What an administrator's forms about people may say."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, TextAreaField  # type: ignore[import-untyped]
from wtforms.validators import AnyOf, InputRequired, Length, ValidationError  # type: ignore[import-untyped]

from navconsole.auth.forms import NEEDED, TOO_LONG
from navconsole.auth.oidc import MAX_SUBJECT
from navconsole.auth.permissions import ROLES
from navconsole.i18n import mark as _

EVERY, ONLY = "every", "only"
MAX_APPLICATIONS = 200
CHOOSE = _("Choose one of these.")
NONE_NAMED = _("Name at least one application, one a line, or let the account see every one.")
TOO_MANY = _("These are more than 200 applications.")
UNREADABLE = _("A name holds a character that cannot be seen. Type it again.")


class RightsForm(FlaskForm):  # type: ignore[misc]
    """A role, and the applications whose attempts the person may see."""

    role = StringField(validators=[AnyOf(ROLES, CHOOSE)])
    reach = StringField(validators=[AnyOf((EVERY, ONLY), CHOOSE)])
    applications = TextAreaField(validators=[Length(max=20_000, message=TOO_LONG)])
    password = PasswordField()

    def validate_applications(self, field: Any) -> None:
        names = named(field.data)
        if self.reach.data == ONLY and not names:
            raise ValidationError(NONE_NAMED)
        if len(names) > MAX_APPLICATIONS:
            raise ValidationError(TOO_MANY)
        if any(unicodedata.category(c)[0] == "C" for name in names for c in name):
            raise ValidationError(UNREADABLE)

    @property
    def chosen_applications(self) -> list[str] | None:
        """What the form says; None for every application."""
        return named(self.applications.data) if self.reach.data == ONLY else None


class AddForm(RightsForm):
    name = StringField(validators=[InputRequired(NEEDED), Length(max=100, message=TOO_LONG)])


class AccessForm(FlaskForm):  # type: ignore[misc]
    """What to do with someone's way in: `do` is the button that was pressed."""

    do = StringField()
    password = PasswordField()


class IdentityForm(FlaskForm):  # type: ignore[misc]
    """Who somebody is at the identity provider; empty for nobody."""

    subject = StringField(validators=[Length(max=MAX_SUBJECT, message=TOO_LONG)])
    password = PasswordField()


def named(text: str | None) -> list[str]:
    """The names in a text, one a line, each once and in order."""
    return list(
        dict.fromkeys(unicodedata.normalize("NFC", line.strip()) for line in (text or "").splitlines() if line.strip())
    )
