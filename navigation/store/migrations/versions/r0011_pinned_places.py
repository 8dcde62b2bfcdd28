"""Places that people pin, what they do with places, and trials of cache policies on recorded attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("cache_entry", sa.Column("pinned_at", TIME, nullable=True))
    op.create_table(
        "place_change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("screen_signature", sa.String(length=64), nullable=False),
        sa.Column("target_text", sa.Text(), nullable=False),
        sa.Column("target_key", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint(
            "act IN ('pin', 'unpin', 'quarantine', 'release', 'rebuild', 'forget')",
            name=op.f("ck_place_change_act_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_place_change_target_key", "place_change", ["application", "screen_signature", "target_key", "id"]
    )
    op.create_table(
        "policy_trial",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("in_use", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("asked_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=True),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("noted_at", TIME, nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'cancelled', 'failed')", name=op.f("ck_policy_trial_state_known")
        ),
        sa.CheckConstraint("wanted > 0 AND total >= 0 AND done >= 0", name=op.f("ck_policy_trial_counted")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_policy_trial")),
        sa.UniqueConstraint("id", name=op.f("uq_policy_trial_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_policy_trial_application", "policy_trial", ["application", "seq"])
    op.create_index("ix_policy_trial_asked_hash", "policy_trial", ["asked_hash"])
