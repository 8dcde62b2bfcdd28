"""How cases, exports and reasons are said."""

from __future__ import annotations

from collections.abc import Mapping

from navconsole.i18n import mark as _

STATES: Mapping[str, str] = {
    "new": _("not run yet"),
    "green": _("right"),
    "reopened": _("re-opened"),
    "outdated": _("label changed"),
}
FAMILIES: Mapping[str, str] = {"new": "fault", "green": "good", "reopened": "danger", "outdated": "held"}
NO_CASE: Mapping[str, str] = {
    "unlabelled": _("Nobody has labelled this attempt. Label it, then make the case."),
    "disputed": _("People disagree on this attempt. Settle that, then make the case."),
    "unsure": _("The label says that nobody can tell what is right, so there is nothing to test."),
    "place": _("The label says that it was wrong, and not where it should have pressed. Point at the place first."),
    "circumstances": _("It ended by its circumstances, which a test cannot have again."),
    "patient": _("What was right here depends on whose record was open, which a case does not hold."),
    "halted": _("People had stopped the robots; the engine's answer is not what was right here."),
    "model": _("The vision model found it; a test has no model to ask."),
}
EXPORT_STATES: Mapping[str, str] = {
    "asked": _("being prepared"),
    "prepared": _("to be looked at"),
    "making": _("being made"),
    "made": _("ready"),
    "failed": _("failed"),
    "removed": _("removed"),
}
EXPORT_FAMILIES: Mapping[str, str] = {
    "asked": "running", "prepared": "held", "making": "running", "made": "good", "failed": "danger", "removed": "fault",
}  # fmt: skip
PICTURES: Mapping[str, str] = {
    "masked": _("masked"),
    "original": _("as they are"),
    "none": _("none"),
}
ERRORS: Mapping[str, str] = {
    "name": _("A name of 1 to 100 characters."),
    "form": _("Not one of the choices."),
    "set": _("There is no such set any more."),
    "reason": _("Say why patients' pictures leave as they are, in 10 to 500 characters; it goes to the audit log."),
    "confirm": _("Confirm that you may hand out pictures of patients."),
    "vouched": _("At most 50 lines of at most 200 characters."),
}
