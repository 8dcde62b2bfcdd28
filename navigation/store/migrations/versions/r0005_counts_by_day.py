"""Counts of attempts and of expected texts by day; the lists are made anew after the migration and fill them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error'"
)


def upgrade() -> None:
    op.create_table(
        "attempt_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_attempt_day_outcome_known")),
        sa.CheckConstraint("method IN ('cache', 'ocr', 'vlm', 'none')", name=op.f("ck_attempt_day_method_known")),
        sa.CheckConstraint(
            "wrong >= 0 AND wrong <= labelled AND labelled <= attempts", name=op.f("ck_attempt_day_labels_counted")
        ),
        sa.PrimaryKeyConstraint("day", "application", "screen", "outcome", "method", name=op.f("pk_attempt_day")),
    )
    op.create_table(
        "anchor_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("strong", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "strong >= 0 AND strong <= found AND found <= seen", name=op.f("ck_anchor_day_sightings_counted")
        ),
        sa.PrimaryKeyConstraint("day", "application", "screen", "text", name=op.f("pk_anchor_day")),
    )
