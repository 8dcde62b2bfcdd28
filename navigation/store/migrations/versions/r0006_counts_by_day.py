"""Counts of attempts and of expected texts by day; the lists are made anew after the migration and fill them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("succeeded", sa.Integer(), nullable=False),
        sa.Column("handed_over", sa.Integer(), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("labelled_wrong", sa.Integer(), nullable=False),
        sa.Column("not_landed", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("from_memory", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "labelled_wrong >= 0 AND labelled_wrong <= labelled", name=op.f("ck_attempt_day_labels_counted")
        ),
        sa.CheckConstraint("labelled <= succeeded AND from_memory <= found", name=op.f("ck_attempt_day_parts_counted")),
        sa.PrimaryKeyConstraint("day", "application", "screen", name=op.f("pk_attempt_day")),
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
