"""Workflows: versions of their files, runs of them, what agents were told and answered, leases of machines."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error'"
)
ADDED_ONLY = ("workflow", "workflow_told", "workflow_answered")


def upgrade() -> None:
    op.create_table(
        "workflow",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_workflow_version_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow")),
        sa.UniqueConstraint("application", "name", "version", name=op.f("uq_workflow_application_name_version")),
    )
    op.create_table(
        "workflow_run",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("workflow_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=True),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("client", sa.String(length=36), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'held', 'done', 'stopped', 'abandoned', 'interrupted')",
            name=op.f("ck_workflow_run_status_known"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_workflow_run_run_id")),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflow.id"], name=op.f("fk_workflow_run_workflow_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["app_profile.id"], name=op.f("fk_workflow_run_profile_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_workflow_run")),
    )
    op.create_index("ix_workflow_run_status", "workflow_run", ["status"], unique=False)
    op.create_table(
        "workflow_told",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["workflow_run.run_id"], name=op.f("fk_workflow_told_run_id")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_workflow_told")),
        sa.UniqueConstraint("id", name=op.f("uq_workflow_told_id")),
    )
    op.create_table(
        "workflow_answered",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("client", sa.String(length=36), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("was_pressed", sa.Boolean(), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_workflow_answered_outcome_known")),
        sa.ForeignKeyConstraint(["run_id"], ["workflow_run.run_id"], name=op.f("fk_workflow_answered_run_id")),
        sa.ForeignKeyConstraint(["image_id"], ["screenshot.id"], name=op.f("fk_workflow_answered_image_id")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_workflow_answered")),
    )
    op.create_index("ix_workflow_answered_image_id", "workflow_answered", ["image_id"], unique=False)
    op.create_table(
        "machine_lease",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["workflow_run.run_id"], name=op.f("fk_machine_lease_run_id")),
        sa.PrimaryKeyConstraint("machine", name=op.f("pk_machine_lease")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_is_added_only BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: rows are added, never edited'); END"
            )
