"""Alerts: events that are not told yet, the messages made of them, and the process that sends."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
WHAT = "('stopped', 'released', 'needs_human', 'gone', 'rarer', 'weaker', 'certificate_ended', 'test')"


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.CheckConstraint(f"what IN {WHAT}", name=op.f("ck_alert_what_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_told", "alert", ["is_told", "id"], unique=False)
    op.create_table(
        "alert_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'webhook')", name=op.f("ck_alert_message_channel_known")),
        sa.CheckConstraint(f"what IN {WHAT}", name=op.f("ck_alert_message_what_known")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name=op.f("ck_alert_message_state_known")),
        sa.CheckConstraint("count >= 1 AND tries >= 0", name=op.f("ck_alert_message_counted")),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name=op.f("ck_alert_message_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_message")),
    )
    op.create_index("ix_alert_message_due", "alert_message", ["state", "due_at"], unique=False)
    op.create_index(
        "ix_alert_message_like",
        "alert_message",
        ["channel", "address", "what", "application", "due_at"],
        unique=False,
    )
    op.create_table(
        "alert_lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_alert_lease_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_lease")),
    )
