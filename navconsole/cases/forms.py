"""What the forms of cases may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from navconsole.cases.files import FORMS
from navigation.case_records import CASE_STATES, CaseFilter, CaseSet

MAX_NAME = 100
MAX_REASON = 500
MIN_REASON = 10
MAX_LINES = 50
MAX_LINE = 200
STATES = (*CASE_STATES, "outdated")


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """The filter of the list of cases, as its address says; what cannot be used is left out."""

    state: str = ""
    set_id: str = ""
    application: str = ""
    after: str | None = None

    def filter(self, applications: Sequence[str] | None) -> CaseFilter:
        return CaseFilter(self.state, self.set_id, self.application, applications=applications)

    def pairs(self) -> dict[str, str]:
        given = {"state": self.state, "set": self.set_id, "application": self.application}
        return {name: value for name, value in given.items() if value}


def parse_cases(values: Mapping[str, str], sets: Sequence[CaseSet]) -> CaseQuery:
    state, set_id = values.get("state", ""), values.get("set", "")
    return CaseQuery(
        state=state if state in STATES else "",
        set_id=set_id if any(one.id == set_id for one in sets) else "",
        application=values.get("application", "")[:MAX_LINE],
        after=values.get("after", "")[:64] or None,
    )


@dataclass(frozen=True, slots=True)
class ExportForm:
    """An export as it is asked for; `reason` and `confirm` belong to pictures that leave as they are."""

    form: str = "pack"
    set_id: str = ""
    application: str = ""
    state: str = ""
    vouched: str = ""
    reason: str = ""
    is_unmasked: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def vouched_lines(self) -> list[str]:
        return [line.strip() for line in self.vouched.splitlines() if line.strip()]


def parse_export(values: Mapping[str, str], sets: Sequence[CaseSet], *, is_unmasked: bool) -> ExportForm:
    """Read the form; with `is_unmasked` a reason and a confirmation are needed."""
    query = parse_cases(values, sets)
    form, vouched, reason = values.get("form", "pack"), values.get("vouched", ""), values.get("reason", "").strip()
    errors = {}
    if form not in FORMS:
        form, errors["form"] = "pack", "form"
    if values.get("set") and not query.set_id:
        errors["set"] = "set"
    lines = vouched.splitlines()
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines):
        errors["vouched"] = "vouched"
    if is_unmasked and not MIN_REASON <= len(reason) <= MAX_REASON:
        errors["reason"] = "reason"
    if is_unmasked and values.get("confirm") != "yes":
        errors["confirm"] = "confirm"
    return ExportForm(
        form=form, set_id=query.set_id, application=query.application, state=query.state, vouched=vouched,
        reason=reason, is_unmasked=is_unmasked, errors=errors,
    )  # fmt: skip
