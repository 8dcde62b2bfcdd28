"""Label one, settle its like: what would follow from a label for the other attempts of its group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from navconsole.auth.permissions import blind_reader
from navconsole.review.cases import page_of, size_of
from navigation.ids import new_id
from navigation.judging import transferred
from navigation.labels import Label
from navigation.records import UNLABELLED, AttemptDetail, AttemptFilter, AttemptSummary, User
from navigation.store.protocol import Store
from navigation.types import Box

MOST = 300
"""At one go: more would hold up other writers for longer than a second or two."""
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Follower:
    """An attempt that would get the label; `box` is None where the place cannot be carried over."""

    attempt: AttemptSummary
    box: Box | None


@dataclass(frozen=True, slots=True)
class Like:
    """What would follow. `waiting` counts like ones beyond those of one go; `held` those that others have open."""

    label: Label
    target: str
    followers: Sequence[Follower]
    waiting: int
    held: int

    @property
    def shown(self) -> Sequence[Follower]:
        return self.followers[:SHOWN]

    @property
    def without_place(self) -> int:
        """How many would get the answer alone, since the place does not show the same there."""
        return sum(follower.box is None for follower in self.followers) if self.label.box else 0


def like_of(store: Store, attempt: AttemptDetail, label: Label, user: User, now: datetime) -> Like | None:
    """The unlabelled attempts of the same group that nobody else has open, newest first; None without a group.

    What waits for the person's own blind answer is left out: it is to be looked at for itself.
    """
    reader = blind_reader(user)
    group = store.group_of(attempt.start.id, reader=reader)
    if group is None:
        return None
    free = set(store.next_unlabelled(group.id, user_id=user.id, now=now, limit=MOST))
    unlabelled_here = AttemptFilter(group_id=group.id, labels=(UNLABELLED,), reader=reader, is_due=False)
    where = replace(unlabelled_here, applications=user.applications)
    rows = store.list_attempts(where, limit=MOST).rows
    boxes = _boxes_on(store, attempt.start.before_id, label.box, {row.before_id for row in rows})
    followers = [Follower(row, boxes[row.before_id]) for row in rows if row.id in free]
    unlabelled = group.attempts - group.labelled - group.due
    return Like(label, group.target_text, followers, max(0, unlabelled - len(rows)), len(rows) - len(followers))


def labels_for(like: Like, author: User, now: datetime) -> list[Label]:
    """The labels to add: the same answer and cause for each, in one batch; a note is about one case and stays there."""
    batch_id = new_id()
    return [
        replace(
            like.label,
            id=new_id(),
            attempt_id=follower.attempt.id,
            author_id=author.id,
            author=author.name,
            created_at=now,
            source="settled",
            sample_id=None,
            place=None if like.label.place == "box" and follower.box is None else like.label.place,
            box=follower.box,
            note="",
            replaces=None,
            batch_id=batch_id,
        )
        for follower in like.followers
    ]


def _boxes_on(store: Store, source: str, box: Box | None, others: Collection[str]) -> dict[str, Box | None]:
    """The label's box on each other picture, where it shows the same; each picture is looked at once."""
    if box is None:
        return dict.fromkeys(others)
    size, page = size_of(store, source), page_of(store, source)
    return {
        other: box if other == source else transferred(box, page, size, page_of(store, other), size_of(store, other))
        for other in others
    }
