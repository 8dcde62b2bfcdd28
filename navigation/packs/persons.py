"""Texts that may say who somebody is. Errs to that side: what is taken for a person stays behind. Pure.

Known by their form: numbers of six digits or more, dates, titles with a name, and names as hospitals write them (NOM
Prénom). A family name alone has no form; it is found by the hashes of the run's patient, or by who looks at the
pictures before the file is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from navigation.actions import NavigateAction
from navigation.verdicts import filled

_NUMBER = re.compile(r"\d(?:[ .\-]?\d){5,}")
_DATE = re.compile(r"\d{1,2} ?[/.\-] ?\d{1,2} ?[/.\-] ?\d{2,4}|\d{4}-\d{2}-\d{2}")
_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zà-öø-ÿ"
_NAME = re.compile(rf"\b[{_UPPER}]{{2,}}(?:['’\- ][{_UPPER}]{{2,}})*,? +[{_UPPER}][{_LOWER}]+")
_GIVEN_FIRST = re.compile(rf"\b[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)? +[{_UPPER}]{{3,}}\b")
_TITLED = re.compile(rf"\b(?:M|Mme|Mlle|Mr|Mrs|Ms|Dr|Pr)\.? +[{_UPPER}]")


_ANY = re.compile("|".join(f"(?:{p.pattern})" for p in (_NUMBER, _DATE, _NAME, _GIVEN_FIRST, _TITLED)))


def looks_personal(text: str) -> bool:
    """Whether a text has the form of a person's number, date or name."""
    return _ANY.search(text) is not None


def texts_of(action: NavigateAction) -> Iterator[str]:
    """Every text that an action says, parameters filled in."""
    target = action.target
    yield target.text
    yield from target.synonyms
    if isinstance(target.near, str):
        yield target.near
    if target.instruction:
        yield target.instruction
    for screen in (action.before, action.after):
        if screen is not None:
            yield screen.name
            yield from (filled(text, screen) for text in (*screen.present, *screen.absent))


def has_parameters(action: NavigateAction) -> bool:
    """Whether a screen is known by a value of the moment, such as a patient's number."""
    return any(screen is not None and bool(screen.parameters) for screen in (action.before, action.after))


def texts_in(body: Mapping[str, Any]) -> Iterator[str]:
    """The same of a case as JSON, for many at once; anchors as they are written."""
    target = body["target"]
    yield target["text"]
    yield from target.get("synonyms", ())
    for text in (target.get("near"), target.get("instruction")):
        if isinstance(text, str):
            yield text
    for screen in (body.get("verify_before"), body.get("verify_after")):
        if screen:
            yield screen.get("name", "")
            yield from screen.get("present", ())
            yield from screen.get("absent", ())


def has_parameters_in(body: Mapping[str, Any]) -> bool:
    return any((body.get(step) or {}).get("parameters") for step in ("verify_before", "verify_after"))
