"""Plans, looks, certificates and sweeps as lines for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from babel.numbers import format_decimal, format_percent

from navconsole.terminal import gettext, language
from navconsole.tuning.looking import Standing, Taken
from navconsole.tuning.words import ABSENT, ENDED, KINDS, MODES, PRESENT, PROCEDURES, SIDES, UNUSED, declared_sentence
from navigation.certificates import Certificate, Counted, Finding, Look, Part, Plan
from navigation.risk import starts_of
from navigation.sweeping import Sweep

_MARK = 12  # digits of a hash by which people compare it


def percent(share: float) -> str:
    """A share 0..1 in per cent, to a hundredth of one."""
    return format_percent(round(share, 4), locale=language(), decimal_quantization=False)


def number(value: float) -> str:
    return format_decimal(value, format="0.00#", locale=language())


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


# --- plans ------------------------------------------------------------------------------------------


def plan_lines(plan: Plan) -> list[str]:
    scope = " / ".join(part for part in (plan.application, plan.screen) if part) or gettext("every application")
    absent = gettext("Of targets that are not there nothing is promised.")
    if plan.alpha_absent is not None:
        most = percent(plan.alpha_absent)
        absent = gettext("At most %(alpha)s of targets that are not there pressed at all.", alpha=most)
    return [
        gettext(
            "For %(scope)s: at most %(alpha)s of targets that are there pressed wrongly.",
            scope=scope,
            alpha=percent(plan.alpha),
        ),
        absent,
        gettext(
            "Sure to %(sure)s; %(count)s settings, scores %(scores)s, margins %(margins)s.",
            sure=percent(1 - plan.delta),
            count=len(plan.grid),
            scores=_range(plan.scores),
            margins=_range(plan.margins),
        ),
        gettext(PROCEDURES[plan.procedure]),
        gettext(MODES[plan.mode]),
    ]


def plan_as_json(plan: Plan) -> dict[str, Any]:
    points = [[point.score, point.margin] for point in plan.grid]
    starts = list(starts_of(plan.grid)) if plan.procedure == "multi_start" else []
    return {**asdict(plan), "grid": points, "starts": starts, "grid_hash": plan.grid_hash}


# --- looks ------------------------------------------------------------------------------------------


def taken_lines(taken: Taken) -> list[str]:
    lines = _evidence_lines(taken.finding) if taken.finding else []
    if taken.look is None:
        lines.append(gettext("Too few labels for any answer: none was looked at, and nothing was spent."))
        return lines + _needed_lines(taken.plan, taken.finding)
    if not taken.is_new:
        lines.append(gettext("These labels were looked at already; this is what was found then."))
    look = taken.look
    lines.append(
        gettext(
            "Look %(number)s, which spent %(spent)s of the %(delta)s that may be wrong.",
            number=look.number, spent=percent(look.spent), delta=percent(taken.plan.delta),
        )
    )  # fmt: skip
    if taken.certificate is not None:
        return [*lines, gettext("Certified."), *certificate_lines(taken.certificate, taken.plan)]
    lines.append(_not_certified(look))
    return lines + _needed_lines(taken.plan, look)


def taken_as_json(taken: Taken) -> dict[str, Any]:
    needed = taken.look.needed if taken.look else taken.finding.needed if taken.finding else None
    look = asdict(taken.look) if taken.look else None
    if look is not None:
        look["units"] = len(look["units"])
    return {
        "plan": taken.plan.id,
        "is_new": taken.is_new,
        "look": look,
        "labelled": _counts(taken),
        "certificate": certificate_as_json(taken.certificate, taken.plan) if taken.certificate else None,
        "label_more": asdict(needed) if needed else None,
    }


def _counts(taken: Taken) -> dict[str, Any]:
    of: Finding | Look | None = taken.finding or taken.look
    return {"present": of.present, "absent": of.absent, "unused": dict(of.unused)} if of else {}


def _evidence_lines(finding: Finding) -> list[str]:
    lines = [
        gettext("Labelled in audits, each target once: %(present)s that are there, %(absent)s that are not.",
                present=finding.present, absent=finding.absent)
    ]  # fmt: skip
    if finding.unused:
        counts = ", ".join(f"{gettext(UNUSED[why])} {count}" for why, count in sorted(finding.unused.items()))
        lines.append(gettext("Not counted: %(counts)s.", counts=counts))
    return lines


def _not_certified(look: Look) -> str:
    if look.passed:
        return gettext("Not certified: the settings that pass press nothing.")
    return gettext("Not certified: no setting has surely so few wrong presses.")


def _needed_lines(plan: Plan, of: Finding | Look | None) -> list[str]:
    """What to label, and how to draw what is not drawn yet."""
    if of is None or of.needed is None or not of.needed.draw:
        return []
    needed, waiting = of.needed, of.unused.get("unlabelled", 0)
    lines = [
        gettext(
            "Label %(draw)s more, without a wrong press among them: %(present)s targets that are there, %(absent)s "
            "that are not.",
            draw=needed.draw,
            present=needed.present,
            absent=needed.absent,
        )
    ]
    if waiting:
        lines.append(gettext("%(count)s are drawn already and wait for a label, at /review/audit.", count=waiting))
    if waiting < needed.draw:
        rest = needed.draw - waiting
        lines.append(
            gettext("Draw them with “navconsole tune draw %(plan)s --size %(rest)s”.", plan=plan.id, rest=rest)
        )
    return lines


# --- certificates -----------------------------------------------------------------------------------


def certificate_lines(certificate: Certificate, plan: Plan) -> list[str]:
    promise = certificate.promise
    lines = [
        gettext("Score %(score)s, margin %(margin)s finds %(coverage)s of the targets that are there.",
                score=number(promise.point.score), margin=number(promise.point.margin),
                coverage=percent(promise.coverage)),
        _counted_line(PRESENT, promise.present, plan.alpha),
    ]  # fmt: skip
    if promise.absent is not None and plan.alpha_absent is not None:
        lines.append(_counted_line(ABSENT, promise.absent, plan.alpha_absent))
    if promise.declared is not None:
        sentence, told = declared_sentence(promise.declared), asdict(promise.declared)
        lines.append(gettext(sentence, when=moment(plan.created_at), who=plan.author, **told))
    marks = {"cases": certificate.case_set[:_MARK], "settings": plan.grid_hash[:_MARK]}
    readings = ", ".join(certificate.readings) or "–"
    lines.append(gettext("Cases %(cases)s, settings %(settings)s, read by %(readings)s.", **marks, readings=readings))
    for part in promise.excluded:
        lines.append(gettext("Does not hold for %(part)s.", part=_part(part)))
    lines += [f"    {_part(part)}" for part in promise.parts if not part.is_over and part.counted.errors]
    return lines


def certificate_as_json(certificate: Certificate, plan: Plan) -> dict[str, Any]:
    names = ("id", "application", "screen", "alpha", "alpha_absent", "delta", "procedure", "mode", "grid_hash")
    return {**asdict(certificate), "plan": {name: getattr(plan, name) for name in names}}


def standing_lines(standing: Standing) -> list[str]:
    certificate = standing.certificate
    head = gettext("holds") if not standing.ended else gettext("holds no more")
    lines = [f"{certificate.id}  {moment(certificate.at)}  {certificate.author}  {head}"]
    lines += [f"    {gettext(ENDED[why])}" for why in standing.ended]
    return lines + [f"    {line}" for line in (*plan_lines(standing.plan)[:3],
                                               *certificate_lines(certificate, standing.plan))]  # fmt: skip


def standing_as_json(standing: Standing) -> dict[str, Any]:
    return {**certificate_as_json(standing.certificate, standing.plan), "ended": list(standing.ended)}


def _counted_line(sentence: str, counted: Counted, alpha: float) -> str:
    bound, most = percent(counted.bound), percent(alpha)
    return gettext(sentence, errors=counted.errors, n=counted.n, bound=bound, alpha=most)


def _part(part: Part) -> str:
    counted = part.counted
    counts = gettext("%(errors)s of %(n)s wrong", errors=counted.errors, n=counted.n)
    return f"{gettext(KINDS[part.kind])} {part.name}, {gettext(SIDES[part.side])}: {counts}"


# --- sweeps -----------------------------------------------------------------------------------------


def sweep_lines(found: Sweep) -> list[str]:
    """Shares of attempts that would be pressed: a row for each margin, a column for each score."""
    head = gettext("margin \\ score")
    lines = [gettext("%(count)s attempts; of them pressed:", count=found.attempts)]
    lines.append(f"{head:>15}" + "".join(f"{number(score):>9}" for score in found.scores))
    for margin, row in zip(found.margins, found.presses, strict=True):
        shares = "".join(f"{percent(int(count) / found.attempts) if found.attempts else '–':>9}" for count in row)
        lines.append(f"{number(margin):>15}{shares}")
    return lines


def sweep_as_json(found: Sweep) -> dict[str, Any]:
    counts: Mapping[str, Any] = {"presses": found.presses, "elsewhere": found.elsewhere, "doubtful": found.doubtful}
    axes: dict[str, Sequence[float]] = {"scores": found.scores, "margins": found.margins}
    return {**axes, "attempts": found.attempts, **{name: grid.tolist() for name, grid in counts.items()}}


def _range(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return number(low) if low == high else f"{number(low)}–{number(high)}"
