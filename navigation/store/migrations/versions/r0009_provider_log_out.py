"""Which identity provider a session came from, so that it can end it; log-out tokens that were obeyed.

Sessions of before came from nobody that could end them: they go on until their own limits.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_session", sa.Column("issuer", sa.String(length=255), nullable=True))
    op.add_column("web_session", sa.Column("provider_session", sa.String(length=255), nullable=True))
    op.create_table(
        "spent_logout",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_spent_logout")),
    )
