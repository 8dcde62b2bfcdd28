"""What the label panel beside the pictures needs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from navconsole.auth.permissions import allowed, blind_reader
from navconsole.review.cases import Seen, case_of, see, size_of
from navconsole.review.forms import LabelForm, parse_label
from navconsole.review.queues import Asker, Queue, next_case, place_of
from navigation.judging import Case
from navigation.labels import Claim, Label, Settled, settle, shown_to
from navigation.records import AttemptDetail, User
from navigation.snapping import text_in
from navigation.store.protocol import Store
from navigation.triage import Ranked


@dataclass(frozen=True, slots=True)
class Line:
    """One label of the history; `is_standing`: it still counts. `replaced` is the label it took back."""

    label: Label
    is_standing: bool
    is_own: bool
    replaced: Label | None


@dataclass(frozen=True, slots=True)
class Given:
    """The reader's last label that still stands, which may be undone; `alike` attempts like it have no label."""

    label: Label
    target: str
    alike: int


@dataclass(frozen=True, slots=True)
class Panel:
    """`seen` is None for who may not label. `theirs` is what somebody else said while the form was filled.

    `is_blind`: the reader is to answer without sight of others' labels; `settled` and `history` are of their own then.
    """

    attempt_id: str
    queue: Queue
    seen: Seen | None
    settled: Settled
    history: Sequence[Line]
    is_blind: bool
    claim: Claim | None
    given: Given | None
    place: Ranked | None
    next_href: str | None
    theirs: Label | None = None

    @property
    def newest(self) -> str:
        """The id of the newest standing label on the page, to be sent back with the answer."""
        last = self.settled.last
        return last.id if last else ""

    @property
    def pointed(self) -> tuple[str, str] | None:
        """What stands in the chosen box: its kind, a key of `words.PLACES`, and the text read in it."""
        if self.seen is None or self.seen.form.box is None:
            return None
        page, box = self.seen.case.page, self.seen.form.box
        found = self.seen.case.thing_at(box.center, self.seen.size)
        return (found.kind if found.box == box else "drawn"), text_in(box, page)


def may_label(user: User) -> bool:
    return user.role in allowed("review.label", "POST")


def build_panel(
    store: Store,
    attempt: AttemptDetail,
    asker: Asker,
    queue: Queue,
    values: Mapping[str, str],
    *,
    form: LabelForm | None = None,
    theirs: Label | None = None,
) -> Panel:
    """The panel of one attempt for one reader; `values` of the address may say a place, `form` what was sent."""
    attempt_id, user = attempt.start.id, asker.user
    reader = blind_reader(user)
    kept = store.kept_from(reader, [attempt_id])
    shown = shown_to(reader, store.labels_of(attempt_id), kept)
    settled = settle(shown)
    if not may_label(user):
        history = history_of(shown, settled, user)
        return Panel(attempt_id, queue, None, settled, history, bool(kept), None, None, None, None)
    size = size_of(store, attempt.start.before_id)
    form = form or _first_form(parse_label(values, size), settled, user)
    group = store.group_of(attempt_id, reader=reader) if queue.kind == "triage" else None
    claim = store.claim_on(attempt_id, asker.now)
    following = next_case(store, queue, asker, attempt_id)
    return Panel(
        attempt_id=attempt_id,
        queue=queue,
        seen=see(case_of(store, attempt, form), size, form),
        settled=settled,
        history=history_of(shown, settled, user),
        is_blind=bool(kept),
        claim=claim if claim and claim.user_id != user.id else None,
        given=given_by(store, user),
        place=place_of(store, group, asker) if group else None,
        next_href=queue.case(following) if following else None,
        theirs=theirs,
    )


def history_of(labels: Sequence[Label], settled: Settled, user: User) -> list[Line]:
    """The labels, newest first."""
    standing = {label.id for label in settled.standing}
    by_id = {label.id: label for label in labels}
    return [
        Line(
            label,
            label.id in standing,
            label.author_id == user.id,
            by_id.get(label.replaces or "") if label.answer == "withdrawn" else None,
        )
        for label in reversed(labels)
    ]


def given_by(store: Store, user: User) -> Given | None:
    last = store.last_label_of(user.id)
    if last is None:
        return None
    group = store.group_of(last.attempt_id, reader=blind_reader(user))
    if group is None:
        return Given(last, "", 0)
    alike = group.attempts - group.labelled - group.due
    return Given(last, group.target_text, alike if last.source == "pointed" else 0)


def question_of(case: Case) -> str:
    """What the engine did, in the question: "pressed", "refused" or "failed" (it never came to an answer)."""
    if case.pressed is not None:
        return "pressed"
    return "refused" if case.grounding or (case.before and case.before.status == "failed") else "failed"


def _first_form(asked: LabelForm, settled: Settled, user: User) -> LabelForm:
    """What the address says, else the reader's own label as it stands."""
    own = next((label for label in settled.standing if label.author_id == user.id), None)
    if own is None or asked.answer or asked.place or asked.point:
        return asked
    yes_no: dict[bool | None, str] = {True: "yes", False: "no", None: ""}
    return LabelForm(
        answer=own.answer,
        place=own.place,
        box=own.box,
        cause=own.cause or "",
        screen=yes_no[own.is_screen_right],
        landed=yes_no[own.has_landed],
        note=own.note,
    )
