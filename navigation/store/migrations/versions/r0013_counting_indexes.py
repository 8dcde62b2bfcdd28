"""Indexes that hold all that facets count, so that filters which the tallies do not answer are quick at a million."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTED = ["application", "screen", "method", "label"]


def upgrade() -> None:
    for name, columns in (
        ("ix_attempt_summary_by_target", ["target_id", "outcome", "seq"]),
        ("ix_attempt_summary_by_time", ["outcome", "started_at"]),
        ("ix_attempt_summary_by_score", ["outcome", "score", "margin"]),
    ):
        op.create_index(name, "attempt_summary", [*columns, *COUNTED])
    only = sa.text("label IS NOT NULL")
    op.create_index(
        "ix_attempt_summary_by_label",
        "attempt_summary",
        ["label", "outcome", "application", "screen", "method", "cause"],
        sqlite_where=only,
        postgresql_where=only,
    )
