"""What may be said when a run is taken over, resumed or abandoned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, ValidationError  # type: ignore[import-untyped]
from wtforms.validators import AnyOf, Length  # type: ignore[import-untyped]

from navconsole.i18n import mark as _
from navigation.ids import is_id
from navigation.oversight import STEPS, Step

MAX_NOTE = 500
NOTE_TOO_LONG = _("This is too long: 500 characters are room enough for a note.")
MOST = 200
"""Runs in one form: as many as the inbox shows."""
AT_ONCE: tuple[Step, ...] = ("resumed", "abandoned")
NOTE_NEEDED = _("Say why the run is abandoned; whoever set it going will ask.")


@dataclass(frozen=True, slots=True)
class SeveralForm:
    """`chosen` are (run id, newest attempt seen) in the order of the page; `step` "" asks for the preview."""

    chosen: Sequence[tuple[str, str]]
    step: str
    note: str
    error: str = ""


def parse_several(values: MultiDict[str, str]) -> SeveralForm | None:
    """What a form says of several runs; None when it cannot be understood."""
    pairs = [tuple(value.split(" ")) for value in dict.fromkeys(values.getlist("run"))]
    step, note = values.get("step", ""), values.get("note", "").strip()
    if any(len(pair) != 2 or not is_id(pair[0]) for pair in pairs) or len(pairs) > MOST or step not in ("", *AT_ONCE):
        return None
    error = NOTE_TOO_LONG if len(note) > MAX_NOTE else NOTE_NEEDED if step == "abandoned" and not note else ""
    return SeveralForm([(run_id, attempt_id) for run_id, attempt_id in pairs], step, note, error)


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
