"""Replay in bulk: runs, the attempts they are to decide again, and what came of each."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OUTCOMES = (
    "('ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error')"
)
ADDED_ONLY = ("replay_item", "replay_result")


def upgrade() -> None:
    op.create_table(
        "replay_run",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("applications", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("leased_until", TIME, nullable=True),
        sa.Column("taken_at", TIME, nullable=True),
        sa.Column("taken_done", sa.Integer(), nullable=False),
        sa.Column("noted_at", TIME, nullable=True),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'cancelled', 'done', 'failed')", name=op.f("ck_replay_run_state_known")
        ),
        sa.CheckConstraint(
            "total >= 0 AND left_out >= 0 AND done >= 0 AND done <= total", name=op.f("ck_replay_run_counted")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_replay_run")),
        sa.UniqueConstraint("id", name=op.f("uq_replay_run_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "replay_item",
        sa.Column("run_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_replay_item_attempt_seq")),
        sa.ForeignKeyConstraint(["run_seq"], ["replay_run.seq"], name=op.f("fk_replay_item_run_seq")),
        sa.PrimaryKeyConstraint("run_seq", "attempt_seq", name=op.f("pk_replay_item")),
    )
    op.create_table(
        "replay_result",
        sa.Column("run_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("was", sa.String(length=24), nullable=False),
        sa.Column("difference", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("point_x_norm", sa.Double(), nullable=True),
        sa.Column("point_y_norm", sa.Double(), nullable=True),
        sa.Column("failure", sa.String(length=16), nullable=True),
        sa.Column("doubt", sa.String(length=16), nullable=False),
        sa.Column("was_right", sa.Boolean(), nullable=True),
        sa.Column("is_right", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "difference IN ('same', 'elsewhere', 'presses', 'refuses', 'other_reason')",
            name=op.f("ck_replay_result_difference_known"),
        ),
        sa.CheckConstraint("doubt IN ('', 'second', 'model', 'remembered')", name=op.f("ck_replay_result_doubt_known")),
        sa.CheckConstraint(
            "failure IN ('no_reading', 'no_picture', 'record', 'reader', 'timeout', 'worker', 'fault')",
            name=op.f("ck_replay_result_failure_known"),
        ),
        sa.CheckConstraint(f"outcome IN {OUTCOMES}", name=op.f("ck_replay_result_outcome_known")),
        sa.CheckConstraint(f"was IN {OUTCOMES}", name=op.f("ck_replay_result_was_known")),
        sa.CheckConstraint("(failure IS NULL) = (difference IS NOT NULL)", name=op.f("ck_replay_result_one_answer")),
        sa.CheckConstraint(
            "(point_x_norm IS NULL) = (point_y_norm IS NULL)", name=op.f("ck_replay_result_point_whole")
        ),
        sa.CheckConstraint("margin >= 0 AND margin <= 1", name=op.f("ck_replay_result_margin_unit")),
        sa.CheckConstraint("point_x_norm >= 0 AND point_x_norm <= 1", name=op.f("ck_replay_result_point_x_norm_unit")),
        sa.CheckConstraint("point_y_norm >= 0 AND point_y_norm <= 1", name=op.f("ck_replay_result_point_y_norm_unit")),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_replay_result_score_unit")),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_replay_result_attempt_seq")),
        sa.ForeignKeyConstraint(["run_seq"], ["replay_run.seq"], name=op.f("fk_replay_result_run_seq")),
        sa.PrimaryKeyConstraint("run_seq", "attempt_seq", name=op.f("pk_replay_result")),
    )
    op.create_index(
        "ix_replay_result_difference", "replay_result", ["run_seq", "difference", "attempt_seq"], unique=False
    )
    op.create_index("ix_replay_result_failure", "replay_result", ["run_seq", "failure", "attempt_seq"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for table in ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_is_added_only BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: rows are added, never edited'); END"
            )
