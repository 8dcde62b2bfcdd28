"""What may be wrong with a workflow's or a profile's file: a code, where it stands, and a sentence for its author."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    # the file
    "too_large": "The file is larger than {limit} KiB. Split it.",
    "not_text": "The file is not text in UTF-8. Save it as UTF-8.",
    "not_yaml": "This is not YAML: a sign is not expected here. Look at quotes, colons and the indent.",
    "several": "A file holds one document; a second one begins here. Put it into a file of its own.",
    "alias": "Anchors and aliases (& and *) are not taken, so that each step reads as it runs. Write it out.",
    "too_deep": "The values are nested deeper than {limit} levels.",
    "duplicate": "“{name}” stands here a second time. Keep one of the two.",
    "neither": "A file begins with “workflow” or with “profile”. Add the one that it is.",
    # values
    "unknown": "“{name}” is not known here. Known are: {known}.",
    "missing": "“{name}” is missing here.",
    "not_mapping": "Names with values are expected here.",
    "not_list": "A list is expected here, with a line “- …” for each entry.",
    "not_a_text": "One text is expected here.",
    "blank": "The text is empty.",
    "too_long": "The text is longer than {limit} characters.",
    "too_many": "More than {limit} entries stand here.",
    "none": "The list is empty. Name at least one.",
    "unprintable": "The text holds signs that cannot be seen.",
    "not_a_name": "“{name}” is no name: letters, digits, - and _ only, a letter first, 60 at most.",
    "not_a_number": "A number from {low} to {high} is expected here.",
    "not_a_flag": "“true” or “false” is expected here.",
    "not_a_box": "A place is four numbers from 0 to 1: left, top, width, height, all within the screen.",
    "not_a_choice": "“{name}” is none of: {known}.",
    # profiles
    "no_language": "The text is not given in “{language}”, one of the profile's languages.",
    "language": "“{name}” is not one of the profile's languages.",
    "nothing_to_know_by": "The screen names no text that must be on it, so nothing would tell it from another.",
    "banner_and_none": "A screen without a patient has no banner. Keep one of the two.",
    "password_not_secret": "This looks like a password's field. Say “secret: true”, so that only secrets are typed.",
    "secret_not_field": "Only a field can be typed into. Say “kind: field”.",
    # steps
    "no_type": "The step says nothing to do. Give it one of: {known}.",
    "several_types": "The step says more than one thing to do: {known}. Make one step of each.",
    "same_name": "Another step is called “{name}” already.",
    "reserved": "A step cannot be called “{name}”: that says where a run goes on. Choose another name.",
    "no_step": "There is no step “{name}”.",
    "unreachable": "Nothing leads to this step. Remove it, or go to it from another one.",
    "bad_then": "What follows is “next”, “stop”, “hand_over”, or “goto: …”.",
    "ok_not_stop": "After “ok” a run goes on: “next” or “goto: …”.",
    "human_stops": "What only a person may do is left to one: “stop” or “hand_over”, never “goto” or “next”.",
    "type_one": "Say exactly one of “secret: …”, “parameter: …” and “text: …”.",
    "near_one": "Say a text, or “parameter: …”.",
    "not_retried": "“{name}” is not tried again: something may have been pressed, or it would not help. Use “on”.",
    "no_target": "The profile of {application} has no target “{name}”.",
    "no_screen": "The profile of {application} has no screen “{name}”.",
    "no_profile": "There is no profile of {application}, neither among the files nor stored. Check both together.",
    "other_application": "The profile is of {application}, the workflow of another application.",
    "no_parameter": "“{name}” is not among the workflow's parameters.",
    "unused_parameter": "Nothing uses the parameter “{name}”. Remove it.",
    "not_into_field": "Typing needs a field: the step right above must navigate to a target of the kind “field”.",
    "field_after": "Pressing a field changes too little to be judged by a screen. Remove “after”.",
    "nothing_above": "This acts where the step right above pressed: that step must be “navigate”, or follow one.",
    "blind_goto": "This acts where the step above pressed: nothing may go to it but that step, when it is “ok”.",
    "blind_next": "After “{name}” the next step would act where nothing was pressed. Say “stop” or “goto”.",
    "secret_elsewhere": "A secret is typed into a field that the profile calls secret, and nowhere else.",
    "text_into_secret": "Into a secret field only “secret: NAME” is typed, never a text or a parameter.",
    "secret_needs_login": "What is pressed after typing a secret needs “flow: login”, so that a refusal is recognised.",
    "enter_after_secret": "After a secret, Enter would send it unseen. Navigate to the button, with “flow: login”.",
    "login_again": "After “{name}” this leads to a log-in once more. A refused log-in is never tried twice: “stop”, or "
    "“hand_over” to where nothing logs in.",
    "patient_unchecked": "The workflow is about a patient: the step needs a “before” screen.",
    "screen_says_no_patient": "The workflow is about a patient, but the screen “{name}” says neither where its banner "
    "is (“banner”) nor that it shows no patient (“without_patient”).",
}
"""By code. Values are names from the file, shown without control signs; a text to be typed is never among them."""

_MAX_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column in a file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    code: str
    place: Place
    values: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        return translate(SENTENCES[self.code]).format(**self.values)


def harmless(name: str) -> str:
    """A name out of a file, to be shown: short, and nothing that a terminal or a page would act on."""
    plain = "".join(c if c.isprintable() else "?" for c in name)
    return plain if len(plain) <= _MAX_SHOWN else plain[: _MAX_SHOWN - 1] + "…"
