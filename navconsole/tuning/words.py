"""Sentences about plans, looks and certificates; each is a message id of the catalogues."""

from __future__ import annotations

from collections.abc import Mapping

from navconsole.i18n import mark as _
from navigation.certificates import Declared, Ended, Fault, Mode, PartKind, Procedure
from navigation.evidence import Side, Unused

FAULTS: Mapping[Fault, str] = {
    "alpha": _("An alpha must be above 0 and below 1; 0.02 is two wrong presses in a hundred."),
    "delta": _("Delta must be above 0 and below 1; 0.05 is one wrong promise in twenty."),
    "grid": _("Scores and margins must be from 0 to 1, 2500 settings at most."),
    "holm": _("Holm's procedure is for 8 settings at most. Name fewer, or take multi_start."),
}
ENDED: Mapping[Ended, str] = {
    "application": _("the application's profile has another version now"),
    "resolution": _("screenshots of another size have come since"),
    "reader": _("another reader, or another version of it, has read since"),
    "live": _("audits since have shown more wrong presses than were promised"),
}
UNUSED: Mapping[Unused, str] = {
    "unlabelled": _("not labelled yet"),
    "disputed": _("disputed"),
    "unsure": _("nobody could tell"),
    "unplaced": _("refused among equals, without a place"),
    "triage": _("labelled outside of the audit"),
}
PROCEDURES: Mapping[Procedure, str] = {
    "multi_start": _("Walks from safest to loosest, from several starts."),
    "holm": _("By Holm, for 8 settings at most."),
}
MODES: Mapping[Mode, str] = {
    "frozen": _("Looks once, at labels that nobody has looked at."),
    "growing": _("Looks again as labels come, and pays for each look."),
}
KINDS: Mapping[PartKind, str] = {"screen": _("screen"), "rung": _("found by")}
SIDES: Mapping[Side, str] = {"present": _("target there"), "absent": _("target not there")}
PRESENT = _("Pressed wrongly: %(errors)s of %(n)s; surely under %(bound)s, at most %(alpha)s was asked for.")
ABSENT = _("Pressed though not there: %(errors)s of %(n)s; surely under %(bound)s, at most %(alpha)s was asked for.")
DECLARED_BEFORE_ALL = _("Declared %(when)s by %(who)s, before all of its %(labels)s labels.")
DECLARED_BEFORE_SOME = _(
    "Declared %(when)s by %(who)s, before %(before)s of its %(labels)s labels; the others could be seen when alpha was "
    "chosen."
)


def declared_sentence(declared: Declared) -> str:
    """What may be said of when a plan was declared, to be filled with `when`, `who`, `before` and `labels`."""
    return DECLARED_BEFORE_ALL if declared.is_blind else DECLARED_BEFORE_SOME
