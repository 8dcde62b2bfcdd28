"""Remembered places get what it takes to recognise them again.

Entries of the first schema held a point and a patch without saying of which rectangle, so that none could be verified
before use; no version wrote any. They are let go: a place is learned again by the next verified press.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("cache_entry")
    op.create_table(
        "cache_entry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("screen_signature", sa.String(length=64), nullable=False),
        sa.Column("target_text", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_key", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Double(), nullable=False),
        sa.Column("x_norm", sa.Double(), nullable=False),
        sa.Column("y_norm", sa.Double(), nullable=False),
        sa.Column("patch", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.String(length=36), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("contradictions", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_verified_at", TIME, nullable=False),
        sa.Column("quarantined_at", TIME, nullable=True),
        sa.CheckConstraint("hits >= 0 AND misses >= 0 AND contradictions >= 0", name=op.f("ck_cache_entry_counted")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_cache_entry_size_positive")),
        sa.CheckConstraint("scale > 0", name=op.f("ck_cache_entry_scale_positive")),
        sa.CheckConstraint("target_kind IN ('clickable', 'field')", name=op.f("ck_cache_entry_target_kind_known")),
        sa.CheckConstraint("x_norm >= 0 AND x_norm <= 1", name=op.f("ck_cache_entry_x_norm_unit")),
        sa.CheckConstraint("y_norm >= 0 AND y_norm <= 1", name=op.f("ck_cache_entry_y_norm_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cache_entry")),
        sa.UniqueConstraint(
            "application",
            "profile_version",
            "screen_signature",
            "target_key",
            "width",
            "height",
            "scale",
            name="uq_cache_entry_place",
        ),
    )
    op.create_index("ix_cache_entry_last_verified_at", "cache_entry", ["last_verified_at"], unique=False)
