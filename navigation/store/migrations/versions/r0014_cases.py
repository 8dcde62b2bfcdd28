"""Cases: chosen from labelled attempts, their sets, what runs of them came to, and exports."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "case_export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("pictures", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("left", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.CheckConstraint(
            "form IN ('pack', 'json', 'screenspot', 'coco', 'label-studio')", name=op.f("ck_case_export_form_known")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'prepared', 'making', 'made', 'failed', 'removed')",
            name=op.f("ck_case_export_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_export")),
    )
    op.create_index("ix_case_export_state", "case_export", ["state"], unique=False)
    op.create_table(
        "case_set",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_set")),
        sa.UniqueConstraint("name", name=op.f("uq_case_set_name")),
    )
    op.create_table(
        "navcase",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("attempt_seq", sa.Integer(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("target_text", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("label_id", sa.String(length=36), nullable=True),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("is_outdated", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("checked_at", TIME, nullable=True),
        sa.Column("said", sa.String(length=24), nullable=True),
        sa.Column("picture_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint("source IN ('label', 'import')", name=op.f("ck_navcase_source_known")),
        sa.CheckConstraint("state IN ('new', 'green', 'reopened')", name=op.f("ck_navcase_state_known")),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_navcase_attempt_seq")),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_navcase_label_id")),
        sa.ForeignKeyConstraint(["picture_id"], ["screenshot.id"], name=op.f("fk_navcase_picture_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_navcase")),
        sa.UniqueConstraint("attempt_seq", name=op.f("uq_navcase_attempt_seq")),
        sa.UniqueConstraint("id", name=op.f("uq_navcase_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_navcase_application", "navcase", ["application", "seq"], unique=False)
    op.create_index("ix_navcase_state", "navcase", ["state", "seq"], unique=False)
    op.create_table(
        "case_check",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case_seq", sa.Integer(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("picture_id", sa.String(length=64), nullable=True),
        sa.Column("checked_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_seq"], ["navcase.seq"], name=op.f("fk_case_check_case_seq")),
        sa.ForeignKeyConstraint(["picture_id"], ["screenshot.id"], name=op.f("fk_case_check_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_check")),
    )
    op.create_index("ix_case_check_case_seq", "case_check", ["case_seq", "id"], unique=False)
    op.create_table(
        "case_set_item",
        sa.Column("set_id", sa.String(length=36), nullable=False),
        sa.Column("case_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_seq"], ["navcase.seq"], name=op.f("fk_case_set_item_case_seq")),
        sa.ForeignKeyConstraint(["set_id"], ["case_set.id"], name=op.f("fk_case_set_item_set_id")),
        sa.PrimaryKeyConstraint("set_id", "case_seq", name=op.f("pk_case_set_item")),
    )
    op.create_index("ix_case_set_item_case_seq", "case_set_item", ["case_seq"], unique=False)
