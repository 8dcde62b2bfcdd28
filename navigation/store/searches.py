"""What attempts had found, for tuning: of audit samples with their labels, or of many attempts still packed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, Row, Text, func, select, type_coerce
from sqlalchemy.orm import Session

from navigation.cache import screen_signature
from navigation.codec import grounding_from_json, page_from_json, target_from_json
from navigation.evidence import Audited, Unit
from navigation.labels import Label
from navigation.records import Json
from navigation.settings import Thresholds, thresholds_of
from navigation.store import summaries
from navigation.store.columns import unpack
from navigation.store.connection import Part
from navigation.store.models.evidence import AttemptRow, DecisionRow, PageRow, ScreenshotRow
from navigation.store.models.knowledge import ConfigRow
from navigation.store.models.lists import SummaryRow
from navigation.store.models.review import LabelRow, SampleItemRow
from navigation.types import Grounding, Page, Size, Target
from navigation.would_press import Seen, seen_of

MOST_AT_ONCE = 5000
_COLUMNS = (
    *(SampleItemRow.sample_id, SampleItemRow.position, SampleItemRow.attempt_seq),
    *(SampleItemRow.probability, SampleItemRow.unit_probability),
    *(AttemptRow.id, AttemptRow.application, AttemptRow.screen, AttemptRow.target_text, AttemptRow.target_kind),
    *(AttemptRow.action, type_coerce(AttemptRow.versions, Text).label("versions"), DecisionRow.grounding),
    *(ScreenshotRow.width, ScreenshotRow.height, type_coerce(ConfigRow.body, Text).label("config")),
    SummaryRow.signature,
)
"""What of an audited attempt is read: rows as they are, since thousands are read at once."""


class PackedSearch(NamedTuple):
    """One attempt's search as the database keeps it: cheap to hand to another process, which unpacks it."""

    seq: int
    action: bytes
    grounding: bytes
    versions: str
    config: str

    @property
    def limits(self) -> Thresholds:
        """The limits that the attempt ran with."""
        return _limits(self.versions, self.config)

    @property
    def reading(self) -> str:
        """The `settings_key` of the reading that it was matched on."""
        return str(json.loads(self.versions).get("reading", ""))

    def target(self) -> Target:
        return target_from_json(unpack(self.action)["target"])

    def found(self) -> Grounding:
        return grounding_from_json(unpack(self.grounding))

    def seen(self) -> Seen:
        limits, target = self.limits, unpack(self.action)["target"]
        return seen_of(unpack(self.grounding), target, score=limits.score, margin=limits.margin)


def unpacked_page(payload: bytes) -> Page:
    """A page as `Searches.packed_pages` gives it."""
    return page_from_json(unpack(payload))


class Searches(Part):
    def searches(
        self, application: str, *, image_id: str = "", after: int = 0, limit: int = 2000
    ) -> Sequence[PackedSearch]:
        """Attempts on an application ("" for all) that looked for their target, oldest first, from past number `after`;
        with an `image_id` only those on that picture. In chunks, so that a million pass by and are never held.
        """
        packed = (
            select(
                AttemptRow.seq,
                type_coerce(AttemptRow.action, LargeBinary),
                type_coerce(DecisionRow.grounding, LargeBinary),
                type_coerce(AttemptRow.versions, Text),
                type_coerce(ConfigRow.body, Text),
            )
            .join(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
            .join(ConfigRow, ConfigRow.id == AttemptRow.config_id)
            .where(AttemptRow.seq > after, DecisionRow.grounding.is_not(None))
            .order_by(AttemptRow.seq)
            .limit(min(limit, MOST_AT_ONCE))
        )
        if application:
            packed = packed.where(AttemptRow.application == application)
        if image_id:
            packed = packed.where(AttemptRow.before_id == image_id)
        with self._db.reading() as session:
            return [PackedSearch(*row) for row in session.execute(packed)]

    def searched_pictures(self, application: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        """Ids of pictures that attempts on an application ("" for all) were made on, in order, from past `after`."""
        ids = select(AttemptRow.before_id).where(AttemptRow.before_id > after).distinct()
        ids = ids.where(AttemptRow.application == application) if application else ids
        with self._db.reading() as session:
            return list(session.scalars(ids.order_by(AttemptRow.before_id).limit(limit)))

    def packed_pages(self, image_id: str) -> Mapping[str, bytes]:
        """The readings of a picture as the database keeps them (`unpacked_page` unpacks one), by `settings_key`."""
        return self.packed_pages_of([image_id])[image_id]

    def packed_pages_of(self, image_ids: Sequence[str]) -> Mapping[str, Mapping[str, bytes]]:
        """The same for up to 2000 pictures, by their ids; empty for one that was never read."""
        packed = (
            select(PageRow.image_id, PageRow.settings_key, type_coerce(PageRow.payload, LargeBinary))
            .where(PageRow.image_id.in_(image_ids))
            .order_by(PageRow.created_at)
        )
        found: dict[str, dict[str, bytes]] = {image_id: {} for image_id in image_ids}
        with self._db.reading() as session:
            for image_id, settings_key, payload in session.execute(packed):
                found[image_id][settings_key] = payload
        return found

    def audited(
        self,
        sample_id: str,
        *,
        application: str = "",
        screen: str = "",
        since: datetime | None = None,
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[Audited]:
        """Attempts of a sample with everything people said of them, in the sample's order, from past place `after`.

        Only of the application and screen that are named, and only those started since a time.
        """
        where = [SampleItemRow.sample_id == sample_id, SampleItemRow.position > after]
        where += [AttemptRow.application == application] if application else []
        where += [AttemptRow.screen == screen] if screen else []
        where += [AttemptRow.started_at >= since] if since else []
        items = (
            select(*_COLUMNS)
            .join(AttemptRow, AttemptRow.seq == SampleItemRow.attempt_seq)
            .join(SummaryRow, SummaryRow.seq == AttemptRow.seq)
            .join(ScreenshotRow, ScreenshotRow.id == AttemptRow.before_id)
            .join(ConfigRow, ConfigRow.id == AttemptRow.config_id)
            .outerjoin(DecisionRow, DecisionRow.attempt_seq == AttemptRow.seq)
            .where(*where)
            .order_by(SampleItemRow.position)
            .limit(min(limit, MOST_AT_ONCE))
        )
        with self._db.reading() as session:
            found = session.execute(items).all()
            labels = labels_of(session, [row.attempt_seq for row in found])
        return [_audited(row, tuple(labels[row.attempt_seq])) for row in found]

    def seen_since(self, application: str, screen: str, since: datetime) -> tuple[frozenset[str], frozenset[Size]]:
        """The readings (readers and model, with versions) and the screenshots' sizes of attempts since a time."""
        first = select(func.min(SummaryRow.seq)).where(SummaryRow.started_at >= since).scalar_subquery()
        kinds = (
            select(type_coerce(AttemptRow.versions, Text), ScreenshotRow.width, ScreenshotRow.height)
            .join(ScreenshotRow, ScreenshotRow.id == AttemptRow.before_id)
            .where(AttemptRow.seq >= first, AttemptRow.started_at >= since)
            .distinct()
        )
        kinds = kinds.where(AttemptRow.application == application) if application else kinds
        kinds = kinds.where(AttemptRow.screen == screen) if screen else kinds
        with self._db.reading() as session:
            rows = session.execute(kinds).all()
        readings = frozenset(reading for text, *_ in rows if (reading := reading_of(json.loads(text))))
        return readings, frozenset(Size(width, height) for _, width, height in rows)


def reading_of(versions: Json) -> str:
    """The readers and, where one was asked, the model, with their versions; "" where no reader could run."""
    reading, model = str(versions.get("reading", "")), str(versions.get("vlm", ""))
    return f"{reading}+{model}" if reading and model else reading


@lru_cache(maxsize=256)
def _limits(versions: str, config: str) -> Thresholds:
    return Thresholds(**thresholds_of(json.loads(config), json.loads(versions)))


@lru_cache(maxsize=256)
def _reading(versions: str) -> str:
    return reading_of(json.loads(versions))


def labels_of(session: Session, seqs: Sequence[int]) -> dict[int, list[Label]]:
    """Every label of these attempts, oldest first, in one query."""
    chosen = (
        select(LabelRow, AttemptRow.id)
        .join(AttemptRow, AttemptRow.seq == LabelRow.attempt_seq)
        .where(LabelRow.attempt_seq.in_(seqs))
        .order_by(LabelRow.seq)
    )
    labels: dict[int, list[Label]] = defaultdict(list)
    for row, attempt_id in session.execute(chosen) if seqs else ():
        labels[row.attempt_seq].append(summaries.label_of(row, attempt_id))
    return labels


def _audited(row: Row[Any], labels: tuple[Label, ...]) -> Audited:
    limits = _limits(row.versions, row.config)
    signature = row.signature
    if signature == summaries.UNDEFINED:  # a screen that no text defines is told from others by its name
        signature = screen_signature(row.screen, ())
    return Audited(
        attempt_id=row.id,
        unit=Unit(row.application, row.screen, signature, row.target_text, row.target_kind),
        grounding=row.grounding,
        target=row.action.get("target", {}),
        score=limits.score,
        margin=limits.margin,
        reading=_reading(row.versions),
        size=Size(row.width, row.height),
        sample_id=row.sample_id,
        position=row.position,
        chance=row.unit_probability or row.probability,
        labels=labels,
    )
