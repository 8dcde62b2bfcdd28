"""Looks at the evidence in a store: which labels count for a plan, what a look finds, whether a certificate holds."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from navconsole.review.forms import MAX_NAME
from navigation.certificates import Certificate, Ended, Finding, Look, Now, Plan, ended, look
from navigation.evidence import Audited, counts_for, gather
from navigation.ids import new_id
from navigation.sampling import BY_UNIT, Sample
from navigation.store.protocol import Store

SEED_BITS = 31
DOUBLE_SHARE = 0.2
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """What a look gave; `look` is None when too few labels made one pointless. `is_new`: it was taken just now."""

    plan: Plan
    finding: Finding | None
    look: Look | None
    certificate: Certificate | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate with its plan and why it holds no more; it holds while `ended` is empty."""

    certificate: Certificate
    plan: Plan
    ended: tuple[Ended, ...]


def samples_for(store: Store, application: str, screen: str, *, simulated: bool = False) -> list[Sample]:
    """The audit samples that tell about the whole of an application and screen ("" for every one).

    Simulated audits only when they are asked for, and then alone: what is kept as a look or a certificate, and what the
    pages show, never rests on them.
    """
    return [sample for sample in store.samples() if counts_for(sample.asked, application, screen, simulated=simulated)]


def audited_for(
    store: Store, application: str, screen: str, *, since: datetime | None = None, simulated: bool = False
) -> Iterator[Audited]:
    """Every attempt that these samples drew, of the application and screen, in chunks.

    What a simulated audit said of an attempt that a real one has drawn, too, is left out.
    """
    simulations = frozenset(one.id for one in store.samples() if one.asked.get("simulated") and not simulated)
    for sample in samples_for(store, application, screen, simulated=simulated):
        after = -1
        while chunk := store.audited(
            sample.id, application=application, screen=screen, since=since, after=after, limit=_CHUNK
        ):
            yield from (_without(one, simulations) for one in chunk) if simulations else chunk
            after = chunk[-1].position


def _without(attempt: Audited, samples: frozenset[str]) -> Audited:
    return replace(attempt, labels=tuple(label for label in attempt.labels if label.sample_id not in samples))


def take_look(store: Store, plan: Plan, attempts: Iterator[Audited], *, author: str, now: datetime) -> Taken:
    """Look at the evidence and keep that one did; nothing is looked at twice, and nothing while it cannot suffice.

    Args:
        store: where looks and certificates are kept.
        plan: as it was declared.
        attempts: what `audited_for` gives.
        author: who looks.
        now: when.

    Raises ConflictError when somebody else looked meanwhile.
    """
    earlier = store.looks()
    own = [one for one in earlier if one.plan_id == plan.id]
    if plan.mode == "frozen" and own:
        return _known(store, plan, None, own[-1])
    finding = look(plan, gather(attempts), earlier)
    if own and own[-1].case_set == finding.case_set:
        return _known(store, plan, finding, own[-1])
    if not finding.is_look:
        return Taken(plan, finding, None, None, is_new=False)
    taken = _look_of(plan, finding, author, now)
    certificate = _certificate_of(store, taken, finding)
    store.add_look(taken, certificate, known=len(earlier))
    return Taken(plan, finding, taken, certificate, is_new=True)


def standings(store: Store) -> list[Standing]:
    """Every certificate and whether it holds now, newest first."""
    plans = {plan.id: plan for plan in store.plans()}
    plan_of = {one.id: plans[one.plan_id] for one in store.looks()}
    return [_standing(store, certificate, plan_of[certificate.look_id]) for certificate in store.certificates()]


def _standing(store: Store, certificate: Certificate, plan: Plan) -> Standing:
    return Standing(certificate, plan, ended(certificate, plan, now_of(store, certificate, plan)))


def now_of(store: Store, certificate: Certificate, plan: Plan) -> Now:
    """How things are with what a certificate was made of."""
    readings, sizes = store.seen_since(plan.application, plan.screen, certificate.at)
    since = gather(audited_for(store, plan.application, plan.screen, since=certificate.at))
    return Now(_profiles(store, certificate.profiles), readings, sizes, since.cases)


def draw_for(store: Store, plan: Plan, size: int, *, author: str, now: datetime) -> Sample:
    """Draw targets that no sample has into a new one, for the plan's application and screen. StoreError without any."""
    filters = [("application", plan.application), ("screen", plan.screen)]
    sample = Sample(
        id=new_id(),
        name=(plan.note or f"{plan.application} {plan.screen}".strip() or plan.id)[:MAX_NAME],
        asked={
            "filter": [[name, value] for name, value in filters if value],
            "by": BY_UNIT,
            "size": size,
            "applications": [plan.application] if plan.application else None,
            "plan": plan.id,
        },
        strata=(),
        seed=secrets.randbits(SEED_BITS),
        double_share=DOUBLE_SHARE,
        author=author,
        created_at=now,
    )
    return store.add_unit_sample(sample, application=plan.application, screen=plan.screen, size=size)


def _known(store: Store, plan: Plan, finding: Finding | None, taken: Look) -> Taken:
    certificate = next((one for one in store.certificates() if one.look_id == taken.id), None)
    return Taken(plan, finding, taken, certificate, is_new=False)


def _look_of(plan: Plan, finding: Finding, author: str, now: datetime) -> Look:
    return Look(
        id=new_id(),
        plan_id=plan.id,
        number=finding.number,
        spent=finding.spent,
        case_set=finding.case_set,
        units=finding.units,
        present=finding.present,
        absent=finding.absent,
        unused=finding.unused,
        passed=finding.passed,
        needed=finding.needed,
        is_certified=finding.promise is not None,
        author=author,
        at=now,
    )


def _certificate_of(store: Store, taken: Look, finding: Finding) -> Certificate | None:
    if finding.promise is None:
        return None
    return Certificate(
        id=new_id(),
        look_id=taken.id,
        promise=finding.promise,
        case_set=finding.case_set,
        readings=tuple(sorted({case.reading for case in finding.cases if case.reading})),
        sizes=tuple(sorted({case.size for case in finding.cases if case.size}, key=lambda s: (s.width, s.height))),
        profiles=_profiles(store, sorted({case.unit.application for case in finding.cases})),
        author=taken.author,
        at=taken.at,
    )


def _profiles(store: Store, applications: Iterable[str]) -> dict[str, int]:
    return {name: store.profile_version(name) for name in applications}
