"""What the templates of the what-if need, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from navconsole.attempts.detail import FAMILIES, CandidateRow, candidate_rows, page_of, say
from navconsole.attempts.evidence import Evidence, read_evidence
from navconsole.attempts.forms import AttemptQuery
from navconsole.attempts.outcomes import VERDICTS
from navconsole.i18n import mark as _
from navconsole.whatif.answer import change_of, ground_again, with_text
from navconsole.whatif.setting import Setting, parse_setting, reading_name
from navigation.codec import target_from_json
from navigation.records import AttemptDetail, Json
from navigation.settings import Thresholds, thresholds_of
from navigation.store.protocol import Store
from navigation.types import Grounding, Page, Point, Target

SHOWN = 4
CHANGES = {
    "same": _("The same answer as the stored one."),
    "elsewhere": _("Another place than the stored one."),
    "first": _("The engine had not looked for it: an earlier check stopped the attempt."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The new verdict. `change` says what is different from the stored one; `is_changed` whether anything is."""

    verdict: str
    family: str
    sentence: str
    change: str
    is_changed: bool
    rows: Sequence[CandidateRow]
    point: Point | None


@dataclass(frozen=True, slots=True)
class Reading:
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`answer` is None when the picture has no stored page. `by_other_means` says why reading alone had not answered.

    `kept` are the filters of the address, for the form; `others` the readers that could read the picture now.
    """

    action: str
    reset_href: str
    close_href: str
    kept: Sequence[tuple[str, str]]
    setting: Setting
    own: Setting
    readings: Sequence[Reading]
    others: Sequence[str]
    answer: Answer | None
    by_other_means: str


def build_whatif(
    store: Store,
    attempt: AttemptDetail,
    query: AttemptQuery,
    args: Json,
    translate: Callable[[str], str],
    *,
    installed: Sequence[str] = (),
) -> WhatIf:
    """The answer for the settings in the address, beside the attempt's own."""
    evidence = read_evidence(attempt)
    target = target_from_json(attempt.start.action["target"])
    own_page = page_of(store, attempt.start.before_id, attempt)
    readings = store.readings_of(attempt.start.before_id)
    own = Setting(own_limits(store, attempt), target.text, own_page.settings_key if own_page else "")
    setting = parse_setting(args, own, readings)
    page = own_page if setting.reading == own.reading else store.page(attempt.start.before_id, setting.reading)
    path = f"/attempts/{attempt.start.id}"
    names = [reading_name(key) for key in readings]
    return WhatIf(
        action=f"{path}/whatif",
        reset_href=query.address(f"{path}/whatif"),
        close_href=query.address(path),
        kept=query.pairs(),
        setting=setting,
        own=own,
        readings=[Reading(key, name) for key, name in zip(readings, names, strict=True)],
        others=[name for name in installed if name not in names],
        answer=build_answer(page, target, setting, own, evidence, translate) if page else None,
        by_other_means=_by_other_means(own_page, target, own, evidence.grounding, translate) if own_page else "",
    )


def own_limits(store: Store, attempt: AttemptDetail) -> Thresholds:
    """The limits the attempt ran with; the default where the record does not say."""
    config = store.config(attempt.start.config_id)
    return Thresholds(**thresholds_of(config.body if config else {}, attempt.start.versions))


def build_answer(
    page: Page, target: Target, setting: Setting, own: Setting, evidence: Evidence, translate: Callable[[str], str]
) -> Answer:
    stored = evidence.grounding
    is_own = (setting.text, setting.reading) == (own.text, own.reading)
    seen = stored.candidates if stored and is_own else ()
    now = ground_again(page, with_text(target, setting.text), setting.limits, seen=seen)
    change = change_of(stored, now)
    said = CHANGES.get(change)
    return Answer(
        verdict=translate(VERDICTS[now.outcome]),
        family=FAMILIES.get(now.outcome, "held"),
        sentence=say(now.reason, translate),
        change=translate(said) if said else _was(stored, translate),
        is_changed=change != "same",
        rows=candidate_rows(replace(evidence, grounding=now), asdict(setting.limits), translate)[:SHOWN],
        point=now.point_px,
    )


def _was(stored: Grounding | None, translate: Callable[[str], str]) -> str:
    outcome = stored.outcome if stored else "absent"
    return translate(_("The stored answer was: %(verdict)s.")) % {"verdict": translate(VERDICTS[outcome])}


def _by_other_means(
    page: Page, target: Target, own: Setting, stored: Grounding | None, translate: Callable[[str], str]
) -> str:
    """Why the stored answer is not what reading this page with the same limits gives."""
    if stored is None:
        return ""
    if stored.method == "cache":
        return translate(_("The stored answer came from the remembered place; here only what was read counts."))
    if stored.method == "vlm":
        return translate(_("The stored answer came from the model; here only what was read counts."))
    if ground_again(page, target, own.limits, seen=stored.candidates).outcome != stored.outcome:
        return translate(_("The stored answer rests on a further reading of the picture that was not kept."))
    return ""
