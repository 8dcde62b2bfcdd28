"""What the pages of log-in flows need, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from navconsole.auth.permissions import blind_reader
from navconsole.flows.scenes import Scene, build_scene
from navigation.flows import LoginFlow, Signoff, Standing, Terms, Void, first_open, may_sign, standing_of, void_reasons
from navigation.ids import new_id
from navigation.labels import Answer, Label, Pointed, shown_to
from navigation.records import AttemptDetail, User
from navigation.store.protocol import Store


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A flow in the list. `objections` are those that still stand; `mine` counts the reader's own answers."""

    flow: LoginFlow
    standing: Standing
    signoff: Signoff | None
    objections: Sequence[Label]
    objected_run: str | None
    steps: int
    mine: int


@dataclass(frozen=True, slots=True)
class Film:
    """The film of one run, and what one person (or, for engineers, each clinician) has said of its steps."""

    flow: LoginFlow
    run_id: str
    terms: Terms
    steps: Sequence[AttemptDetail]
    answers: Mapping[str, Label]
    said: Sequence[Label]
    signoff: Signoff | None
    standing: Standing
    now: Terms

    @property
    def ids(self) -> list[str]:
        return [step.start.id for step in self.steps]

    @property
    def changed(self) -> tuple[Void, ...]:
        """What has changed since the film was made: then it cannot be signed."""
        return void_reasons(self.terms, self.now)

    @property
    def is_signable(self) -> bool:
        return not self.changed and may_sign(self.ids, self.answers)

    @property
    def is_objected(self) -> bool:
        """Whether one of the reader's answers is not yes."""
        return any(label.answer != "right" for label in self.answers.values())

    @property
    def next_step(self) -> int | None:
        return first_open(self.ids, self.answers)

    def answer_to(self, number: int) -> Label | None:
        return self.answers.get(self.ids[number - 1])


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One step with what was said of it."""

    number: int
    scene: Scene
    said: Sequence[Label]


def build_list(store: Store, reader: User) -> list[FlowLine]:
    """The flows that the reader may see."""
    return [_line(store, flow, reader) for flow in store.login_flows(reader.applications)]


def terms_now(store: Store, application: str) -> Terms:
    """What a run would be made with now."""
    return Terms(store.active_config().id, store.profile_version(application))


def build_film(store: Store, run_id: str, reader: User) -> Film | None:
    """The film of a run; None when the run never logged in."""
    flow = store.login_flow(run_id)
    if flow is None or flow.terms is None:
        return None
    said, signoff = _shown(store, store.flow_answers(run_id), reader), store.signoff_of(run_id)
    objections = store.objections(flow.application, flow.name)
    now = terms_now(store, flow.application)
    return Film(
        flow=flow,
        run_id=run_id,
        terms=flow.terms,
        steps=store.flow_steps(run_id),
        answers={label.attempt_id: label for label in said if label.author_id == reader.id},
        said=said,
        signoff=signoff,
        standing=standing_of(flow, signoff, objections, now),
        now=now,
    )


def build_step(store: Store, film: Film, number: int) -> Scene:
    return build_scene(store, film.steps[number - 1], f"/flows/{film.run_id}/{number}", has_after=True)


def build_summary(store: Store, film: Film, said: Sequence[Label]) -> list[SummaryLine]:
    """Each step with these answers to it."""
    return [
        SummaryLine(number, build_step(store, film, number), [one for one in said if one.attempt_id == step])
        for number, step in enumerate(film.ids, start=1)
    ]


def answer_label(
    scene: Scene,
    answer: Answer,
    author: User,
    before: Label | None,
    now: datetime,
    *,
    pointed: Pointed | None = None,
    note: str = "",
) -> Label:
    """A clinician's answer on a step of a film, given without sight of others'; it replaces the one `before`.

    Yes says that the screen was right and that the press landed; a finger on the page after, that it did not.
    """
    is_right = True if answer == "right" else None
    has_landed = False if pointed and pointed.on == "after" else is_right
    return Label(
        id=new_id(),
        attempt_id=scene.attempt_id,
        author_id=author.id,
        author=author.name,
        answer=answer,
        created_at=now,
        source="blind",
        is_screen_right=is_right,
        has_landed=has_landed if scene.asked == "page" else None,
        note=note,
        replaces=before.id if before else None,
        pointed=pointed,
    )


def sign(film: Film, signer: User, signed_name: str, now: datetime) -> Signoff:
    """The sign-off of a film whose every step was answered with yes."""
    answers = [
        {"step": number, "attempt": step, "label": film.answers[step].id, "answer": film.answers[step].answer}
        for number, step in enumerate(film.ids, start=1)
    ]
    return Signoff(
        id=new_id(),
        application=film.flow.application,
        flow=film.flow.name,
        run_id=film.run_id,
        profile_version=film.terms.profile_version,
        config_id=film.terms.config_id,
        answers=answers,
        signer_id=signer.id,
        signer=signer.name,
        signed_name=signed_name,
        signed_at=now,
    )


def clinicians_for(store: Store, application: str) -> list[User]:
    """Clinicians who may be asked about an application."""
    return [
        user
        for user in store.users()
        if user.role == "clinician"
        and user.is_active
        and (user.applications is None or application in user.applications)
    ]


def _shown(store: Store, labels: Sequence[Label], reader: User) -> list[Label]:
    """The labels without others' on steps that the reader has still to answer blind."""
    asked = blind_reader(reader)
    return shown_to(asked, labels, store.kept_from(asked, {label.attempt_id for label in labels}))


def _line(store: Store, flow: LoginFlow, reader: User) -> FlowLine:
    signoff = store.last_signoff(flow.application, flow.name)
    objections = store.objections(flow.application, flow.name)
    standing = standing_of(flow, signoff, objections, terms_now(store, flow.application))
    steps = store.flow_steps(flow.run_id) if flow.run_id else ()
    answers = store.flow_answers(flow.run_id) if flow.run_id else ()
    attempt = store.attempt(objections[-1].attempt_id) if objections else None
    return FlowLine(
        flow=flow,
        standing=standing,
        signoff=signoff,
        objections=_shown(store, objections, reader) if standing.state == "objected" else (),
        objected_run=attempt.start.run_id if attempt else None,
        steps=len(steps),
        mine=sum(label.author_id == reader.id for label in answers),
    )
