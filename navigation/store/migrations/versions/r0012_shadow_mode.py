"""Shadow mode: configurations on trial, and what they would have answered."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error'"
)
SHARES = ("margin", "point_x_norm", "point_y_norm", "score")


def upgrade() -> None:
    op.create_table(
        "shadow_trial",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("config_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["config_id"], ["config.id"], name=op.f("fk_shadow_trial_config_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_trial")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "shadow_verdict",
        sa.Column("trial_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("difference", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("score", "margin", "point_x_norm", "point_y_norm")),
        sa.CheckConstraint(
            "difference IN ('same', 'elsewhere', 'presses', 'refuses', 'other_reason')",
            name=op.f("ck_shadow_verdict_difference_known"),
        ),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_shadow_verdict_outcome_known")),
        sa.CheckConstraint(
            "(point_x_norm IS NULL) = (point_y_norm IS NULL)", name=op.f("ck_shadow_verdict_point_whole")
        ),
        *(
            sa.CheckConstraint(f"{name} >= 0 AND {name} <= 1", name=op.f(f"ck_shadow_verdict_{name}_unit"))
            for name in SHARES
        ),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_shadow_verdict_attempt_seq")),
        sa.ForeignKeyConstraint(["trial_id"], ["shadow_trial.id"], name=op.f("fk_shadow_verdict_trial_id")),
        sa.PrimaryKeyConstraint("trial_id", "attempt_seq", name=op.f("pk_shadow_verdict")),
    )
    op.create_index(
        "ix_shadow_verdict_difference", "shadow_verdict", ["trial_id", "difference", "attempt_seq"], unique=False
    )
