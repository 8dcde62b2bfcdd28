"""What may be changed of one attempt, as it stands in the address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from navconsole.attempts.forms import MAX_TEXT
from navigation.settings import Thresholds


@dataclass(frozen=True, slots=True)
class Setting:
    """Limits (0..1), the text to look for and the reading to look in (its `settings_key`).

    `errors`: field -> key of `navconsole.attempts.forms.ERRORS`; a field with an error keeps the attempt's own value.
    """

    limits: Thresholds
    text: str
    reading: str
    errors: Mapping[str, str] = field(default_factory=dict)


def parse_setting(args: Mapping[str, str], own: Setting, readings: Sequence[str]) -> Setting:
    """What the address asks for; what it leaves out is the attempt's own."""
    shares = {name: _share(args[name]) for name in ("score", "margin") if args.get(name)}
    errors = {name: "percent" for name, share in shares.items() if share is None}
    limits = replace(own.limits, **{name: share for name, share in shares.items() if share is not None})
    text = args.get("text", "").strip() or own.text
    if len(text) > MAX_TEXT:
        text, errors["text"] = own.text, "text"
    reading = args.get("reader", "") or own.reading
    if reading != own.reading and reading not in readings:
        reading, errors["reader"] = own.reading, "choice"
    return Setting(limits, text, reading, errors)


def reading_name(settings_key: str) -> str:
    """The readers of a stored page: "tesserocr/5.5.4/fra+rapidocr/3.10/cells2x-2" is "tesserocr + rapidocr"."""
    return " + ".join(part.split("/")[0] for part in settings_key.split("+"))


def _share(text: str) -> float | None:
    """Per cent as a share 0..1, None when it is not one."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value / 100 if math.isfinite(value) and 0 <= value <= 100 else None
