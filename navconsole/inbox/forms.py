"""What may be said when a run is taken over, resumed or abandoned."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError  # type: ignore[import-untyped]
from wtforms.validators import AnyOf, Length  # type: ignore[import-untyped]

from navconsole.i18n import mark as _
from navigation.oversight import STEPS

MAX_NOTE = 500
NOTE_TOO_LONG = _("This is too long: 500 characters are room enough for a note.")
NOTE_NEEDED = _("Say why the run is abandoned; whoever set it going will ask.")


class StepForm(FlaskForm):  # type: ignore[misc]
    """`attempt_id` is the newest attempt the person saw on the page."""

    step = StringField(validators=[AnyOf(STEPS)])
    attempt_id = HiddenField()
    note = StringField(
        filters=[lambda text: (text or "").strip()], validators=[Length(max=MAX_NOTE, message=NOTE_TOO_LONG)]
    )

    def validate_note(self, field: StringField) -> None:
        if self.step.data == "abandoned" and not field.data:
            raise ValidationError(NOTE_NEEDED)
