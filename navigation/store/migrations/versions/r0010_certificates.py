"""Certificates: their plans, the looks that were taken, what was certified; samples that draw units."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ADDED_ONLY = ("certificate_plan", "certificate_look", "certificate")


def upgrade() -> None:
    op.create_table(
        "certificate_plan",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("alpha", sa.Double(), nullable=False),
        sa.Column("alpha_absent", sa.Double(), nullable=True),
        sa.Column("delta", sa.Double(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.Column("margins", sa.Text(), nullable=False),
        sa.Column("procedure", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("procedure IN ('multi_start', 'holm')", name=op.f("ck_certificate_plan_procedure_known")),
        sa.CheckConstraint("mode IN ('frozen', 'growing')", name=op.f("ck_certificate_plan_mode_known")),
        sa.CheckConstraint("alpha > 0 AND alpha < 1", name=op.f("ck_certificate_plan_alpha_share")),
        sa.CheckConstraint(
            "alpha_absent > 0 AND alpha_absent < 1", name=op.f("ck_certificate_plan_alpha_absent_share")
        ),
        sa.CheckConstraint("delta > 0 AND delta < 1", name=op.f("ck_certificate_plan_delta_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_plan")),
    )
    op.create_index("ix_certificate_plan_application", "certificate_plan", ["application", "screen"], unique=False)
    op.create_table(
        "certificate_look",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("spent", sa.Double(), nullable=False),
        sa.Column("case_set", sa.String(length=64), nullable=False),
        sa.Column("units", sa.LargeBinary(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("absent", sa.Integer(), nullable=False),
        sa.Column("unused", sa.Text(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Text(), nullable=True),
        sa.Column("is_certified", sa.Boolean(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_certificate_look_number_counted")),
        sa.CheckConstraint("spent > 0 AND spent < 1", name=op.f("ck_certificate_look_spent_share")),
        sa.ForeignKeyConstraint(["plan_id"], ["certificate_plan.id"], name=op.f("fk_certificate_look_plan_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_certificate_look")),
        sa.UniqueConstraint("id", name=op.f("uq_certificate_look_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_certificate_look_plan_id", "certificate_look", ["plan_id"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("look_id", sa.String(length=36), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("case_set", sa.String(length=64), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.Column("sizes", sa.Text(), nullable=False),
        sa.Column("profiles", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_certificate_score_unit")),
        sa.CheckConstraint("margin >= 0 AND margin <= 1", name=op.f("ck_certificate_margin_unit")),
        sa.ForeignKeyConstraint(["look_id"], ["certificate_look.id"], name=op.f("fk_certificate_look_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("look_id", name=op.f("uq_certificate_look_id")),
    )
    op.add_column("audit_item", sa.Column("unit_probability", sa.Double(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for table in ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_is_added_only BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: rows are added, never edited'); END"
            )
