"""Retention: pictures whose file is gone on purpose, purges that were carried out, files still to be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "doomed_picture",
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_doomed_picture")),
    )
    op.create_table(
        "purge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("gone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge")),
    )
    op.add_column("screenshot", sa.Column("purged_at", TIME, nullable=True))
    op.create_index("ix_screenshot_purged_at", "screenshot", ["purged_at", "created_at"], unique=False)
