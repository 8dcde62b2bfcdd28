"""Profiles that people are making from captured screens."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profile_draft",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "application", name=op.f("pk_profile_draft")),
    )
