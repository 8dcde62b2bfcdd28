"""Second factors and who people are at an identity provider; sessions that wait for a code; the audit log is searched.

Everybody logs in again after it: a session of before was opened without asking for a second factor.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_second_factor_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["second_factor.user_id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "user_identity",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_identity_user_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_user_identity")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_user_identity_user_id_issuer")),
    )
    op.execute("DELETE FROM web_session")
    with op.batch_alter_table("web_session", recreate="always") as batch:
        batch.add_column(sa.Column("is_partial", sa.Boolean(), nullable=False))
    op.create_index("ix_audit_event_actor", "audit_event", ["actor", "id"], unique=False)
    op.create_index("ix_audit_event_action", "audit_event", ["action", "id"], unique=False)
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False)
