"""Words of replays in bulk; each is a message id of the catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from navconsole.i18n import mark as _
from navigation.replays import Doubt, Failure, RunState
from navigation.shadow import Difference

STATES: Final[Mapping[RunState, str]] = {
    "running": _("under way"),
    "paused": _("paused"),
    "cancelled": _("cancelled"),
    "done": _("through"),
    "failed": _("failed"),
}
DIFFERENCES: Final[Mapping[Difference, str]] = {
    "same": _("as it was"),
    "elsewhere": _("presses elsewhere"),
    "presses": _("presses where it was refused"),
    "refuses": _("refuses where it was pressed"),
    "other_reason": _("refuses otherwise"),
}
FAILURES: Final[Mapping[Failure, str]] = {
    "no_reading": _("nothing is read of its picture; replay it with readers named"),
    "no_picture": _("its picture is gone or damaged"),
    "record": _("its record does not decode"),
    "reader": _("the reader failed on its picture"),
    "timeout": _("reading its picture took too long"),
    "worker": _("the process that worked on it died each time"),
    "fault": _("a fault of the program; the log of its worker says where"),
}
DOUBTS: Final[Mapping[Doubt, str]] = {
    "": "",
    "second": _("refused here, where a second reading of the picture might find it"),
    "model": _("refused here, where the model would be asked"),
    "remembered": _("pressed from memory then, looked for by reading here"),
}
