"""Log-in flows for clinicians: lines know their flow, links and sessions may be for one run, labels may point.

Lines are emptied here and made anew after the migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM attempt_summary")
    with op.batch_alter_table("attempt_summary") as batch:
        batch.add_column(sa.Column("flow", sa.String(length=16), nullable=True))
        batch.create_check_constraint(op.f("ck_attempt_summary_flow_known"), "flow IN ('login')")
    only = sa.text("flow IS NOT NULL")
    op.create_index(
        "ix_attempt_summary_flow", "attempt_summary", ["flow", "seq"], sqlite_where=only, postgresql_where=only
    )
    for table in ("one_time_link", "web_session"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("run_id", sa.String(length=36), nullable=True))
            batch.create_foreign_key(op.f(f"fk_{table}_run_id"), "run", ["run_id"], ["id"])
    # Not in a batch: labels refer to labels, so their table cannot be made anew.
    op.add_column("label", sa.Column("pointed", sa.Text(), nullable=True))
