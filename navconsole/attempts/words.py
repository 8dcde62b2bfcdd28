"""Words for what people said, and what may be written in a query, in either language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from navconsole.attempts.outcomes import METHOD_NAMES, VIEWS
from navconsole.attempts.query import Vocabulary
from navconsole.i18n import mark as _
from navconsole.i18n import translator
from navconsole.settings import LANGUAGES
from navigation.reasons import TEMPLATES
from navigation.records import UNLABELLED
from navigation.store.folding import folded
from navigation.textfold import fold

LABEL_NAMES: Mapping[str, str] = {
    UNLABELLED: _("no label"),
    "right": _("right"),
    "wrong": _("wrong"),
    "unsure": _("unsure"),
    "disputed": _("disputed"),
}
CAUSE_NAMES: Mapping[str, str] = {
    "ocr_missed": _("text not read"),
    "misread": _("text misread"),
    "ambiguous": _("several alike"),
    "stale_cache": _("remembered place out of date"),
    "wrong_screen": _("another screen"),
    "popup": _("window in front"),
    "layout_changed": _("layout changed"),
    "timing": _("too early or too late"),
    "vlm_wrong": _("model wrong"),
    "too_strict": _("limit too strict"),
    "too_loose": _("limit too loose"),
    "other": _("something else"),
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "outcome": {key: view.name for key, view in VIEWS.items()},
    "method": METHOD_NAMES,
    "label": LABEL_NAMES,
    "cause": CAUSE_NAMES,
}
"""For each key of a query with choices: the values and their names (message ids)."""


@cache
def vocabulary() -> Vocabulary:
    """Values may be written as they stand in the address, or by their names in any language."""
    return {key: _spellings(names) for key, names in CHOICES.items()}


def _spellings(names: Mapping[str, str]) -> dict[str, str]:
    said = {fold(translator(language)(name)): value for language in LANGUAGES for value, name in names.items()}
    return said | {fold(value): value for value in names}


def reasons_saying(text: str) -> tuple[str, ...]:
    """The codes of the reasons whose sentence holds the text in any language, case and accents aside."""
    wanted = _folded(text)
    return tuple(code for code, sentences in _sentences().items() if any(wanted in said for said in sentences))


@cache
def _sentences() -> Mapping[str, tuple[str, ...]]:
    return {
        code: tuple(_folded(re.sub(r"\{\w+\}", " ", translator(language)(template))) for language in LANGUAGES)
        for code, template in TEMPLATES.items()
    }


def _folded(text: str) -> str:
    return folded(text.replace("’", "'"))
