"""Facets and orders of the list: tallies by screen, indexes for reasons and durations.

The tallies are made anew, with the other lists, after the migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error', 'running'"
)


def upgrade() -> None:
    op.create_table(
        "screen_tally",
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_screen_tally_outcome_known")),
        sa.CheckConstraint("method IN ('cache', 'ocr', 'vlm', 'none')", name=op.f("ck_screen_tally_method_known")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_screen_tally_attempts_counted")),
        sa.PrimaryKeyConstraint("application", "screen", "outcome", "method", name=op.f("pk_screen_tally")),
    )
    op.create_index("ix_attempt_summary_duration_ms", "attempt_summary", ["duration_ms"], unique=False)
    op.create_index("ix_attempt_summary_reason", "attempt_summary", ["reason", "seq"], unique=False)
