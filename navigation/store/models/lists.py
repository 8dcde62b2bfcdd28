"""Tables that make lists fast. Everything in them can be rebuilt from the evidence (`summaries.rebuild`).

They are the only rows about attempts that change: each step of an attempt updates its line.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from navigation.labels import CAUSES, SETTLED
from navigation.store.models.base import Base, one_of, unit_range
from navigation.store.models.evidence import ID, METHODS, SHA256, TARGET_KINDS
from navigation.types import Outcome

RUNNING = "running"
NO_METHOD = "none"
STATES = ("started", "decided", "finished")
FLOWS = ("login",)
IN_A_FLOW = text("flow IS NOT NULL")
IS_LABELLED = text("label IS NOT NULL")
COUNTED = ("application", "screen", "method", "label")


class TargetRow(Base):
    """One distinct target of one screen. There are few, so text search reads these and not the attempts."""

    __tablename__ = "target_seen"
    __table_args__ = (
        one_of("kind", TARGET_KINDS),
        Index("ix_target_seen_application_screen", "application", "screen"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(SHA256, unique=True)
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)


class GroupRow(Base):
    """Attempts that ended alike: same target, same definition of the screen, same outcome.

    `labelled` counts those with a settled label; `first_*` and `last_*` are the oldest and newest attempt.
    """

    __tablename__ = "attempt_group"
    __table_args__ = (
        one_of("outcome", Outcome),
        UniqueConstraint("target_id", "signature", "outcome"),
        CheckConstraint("labelled >= 0 AND labelled <= attempts", name="labels_counted"),
        Index("ix_attempt_group_outcome", "outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("target_seen.id"))
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(SHA256)
    outcome: Mapped[str] = mapped_column(String(24))
    attempts: Mapped[int]
    labelled: Mapped[int]
    first_seq: Mapped[int]
    first_at: Mapped[datetime]
    last_seq: Mapped[int]
    last_at: Mapped[datetime]


class SummaryRow(Base):
    """One line of the list of attempts. `outcome` is "running" until the attempt is finished.

    `label` is what people's labels come to together (None: nobody has said anything); `reason` the reason's code;
    `flow` what the action said it completes.
    """

    __tablename__ = "attempt_summary"
    __table_args__ = (
        one_of("outcome", (*Outcome, RUNNING)),
        one_of("state", STATES),
        one_of("method", METHODS),
        unit_range("score"),
        unit_range("margin"),
        one_of("label", SETTLED),
        one_of("cause", CAUSES),
        one_of("flow", FLOWS),
        Index("ix_attempt_summary_outcome", "outcome", "seq"),
        Index("ix_attempt_summary_application", "application", "seq"),
        Index("ix_attempt_summary_application_outcome", "application", "outcome", "seq"),
        Index("ix_attempt_summary_screen", "screen", "seq"),
        Index("ix_attempt_summary_method", "method", "seq"),
        Index("ix_attempt_summary_run_id", "run_id", "seq"),
        Index("ix_attempt_summary_target_id", "target_id", "seq"),
        Index("ix_attempt_summary_group_id", "group_id", "seq"),
        Index("ix_attempt_summary_label", "label", "seq"),
        Index("ix_attempt_summary_config_id", "config_id", "seq"),
        Index("ix_attempt_summary_score", "score"),
        Index("ix_attempt_summary_margin", "margin"),
        Index("ix_attempt_summary_duration_ms", "duration_ms"),
        Index("ix_attempt_summary_reason", "reason", "seq"),
        Index("ix_attempt_summary_started_at", "started_at"),
        # Those that hold all that facets count, so that counting reads no line; see docs/decisions/0006.
        Index("ix_attempt_summary_by_target", "target_id", "outcome", "seq", *COUNTED),
        Index("ix_attempt_summary_by_time", "outcome", "started_at", *COUNTED),
        Index("ix_attempt_summary_by_score", "outcome", "score", "margin", *COUNTED),
        Index(
            "ix_attempt_summary_by_label",
            "label",
            "outcome",
            "application",
            "screen",
            "method",
            "cause",
            sqlite_where=IS_LABELLED,
            postgresql_where=IS_LABELLED,
        ),
        Index("ix_attempt_summary_flow", "flow", "seq", sqlite_where=IN_A_FLOW, postgresql_where=IN_A_FLOW),
    )

    seq: Mapped[int] = mapped_column(ForeignKey("attempt.seq"), primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(ID, unique=True)
    run_id: Mapped[str] = mapped_column(ID)
    target_id: Mapped[int] = mapped_column(ForeignKey("target_seen.id"))
    application: Mapped[str] = mapped_column(Text)
    screen: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(24))
    method: Mapped[str | None] = mapped_column(String(8))
    score: Mapped[float | None]
    margin: Mapped[float | None]
    before_id: Mapped[str] = mapped_column(SHA256)
    after_id: Mapped[str | None] = mapped_column(SHA256)
    point_x_norm: Mapped[float | None]
    point_y_norm: Mapped[float | None]
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    duration_ms: Mapped[float | None]
    config_id: Mapped[int]
    signature: Mapped[str] = mapped_column(SHA256)
    reason: Mapped[str | None] = mapped_column(String(64))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("attempt_group.id"))
    label: Mapped[str | None] = mapped_column(String(12))
    cause: Mapped[str | None] = mapped_column(String(24))
    flow: Mapped[str | None] = mapped_column(String(16))


class TallyRow(Base):
    """How many attempts a target has by outcome and method: counts in a menu cost the same at a million."""

    __tablename__ = "attempt_tally"
    __table_args__ = (
        one_of("outcome", (*Outcome, RUNNING)),
        one_of("method", (*METHODS, NO_METHOD)),
        CheckConstraint("attempts >= 0", name="attempts_counted"),
    )

    target_id: Mapped[int] = mapped_column(ForeignKey("target_seen.id"), primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(24), primary_key=True)
    method: Mapped[str] = mapped_column(String(8), primary_key=True)
    attempts: Mapped[int]


class ScreenTallyRow(Base):
    """The same by screen instead of target: a few hundred rows, for facets that are on every page."""

    __tablename__ = "screen_tally"
    __table_args__ = (
        one_of("outcome", (*Outcome, RUNNING)),
        one_of("method", (*METHODS, NO_METHOD)),
        CheckConstraint("attempts >= 0", name="attempts_counted"),
    )

    application: Mapped[str] = mapped_column(Text, primary_key=True)
    screen: Mapped[str] = mapped_column(Text, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(24), primary_key=True)
    method: Mapped[str] = mapped_column(String(8), primary_key=True)
    attempts: Mapped[int]


class AttemptDayRow(Base):
    """What became of the attempts on a screen that were started in one day (of UTC); see `navigation.daily.Rate`."""

    __tablename__ = "attempt_day"
    __table_args__ = (
        CheckConstraint("labelled_wrong >= 0 AND labelled_wrong <= labelled", name="labels_counted"),
        CheckConstraint("labelled <= succeeded AND from_memory <= found", name="parts_counted"),
    )

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    application: Mapped[str] = mapped_column(Text, primary_key=True)
    screen: Mapped[str] = mapped_column(Text, primary_key=True)
    attempts: Mapped[int]
    succeeded: Mapped[int]
    handed_over: Mapped[int]
    labelled: Mapped[int]
    labelled_wrong: Mapped[int]
    not_landed: Mapped[int]
    found: Mapped[int]
    from_memory: Mapped[int]


class AnchorDayRow(Base):
    """How often an expected text of a screen was looked for in a day (of UTC), found, and read without doubt."""

    __tablename__ = "anchor_day"
    __table_args__ = (CheckConstraint("strong >= 0 AND strong <= found AND found <= seen", name="sightings_counted"),)

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    application: Mapped[str] = mapped_column(Text, primary_key=True)
    screen: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str] = mapped_column(Text, primary_key=True)
    seen: Mapped[int]
    found: Mapped[int]
    strong: Mapped[int]
