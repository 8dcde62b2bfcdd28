"""The chain over the audit log; the entries that are there are chained as they stand."""

import sqlalchemy as sa
from alembic import op

from navigation.audit_chain import START, linked
from navigation.store.columns import UtcTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TEXTS = ("actor", "action", "object_kind", "object_id", "source", "result", "details")
AT_ONCE = 5000


def upgrade() -> None:
    op.create_table(
        "audit_link",
        sa.Column("entry_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_link")),
    )
    entries = sa.table("audit_event", sa.column("id"), sa.column("at", UtcTime), *map(sa.column, TEXTS))
    links = sa.table("audit_link", sa.column("entry_id"), sa.column("hash"))
    connection = op.get_bind()
    last, previous = -1, START
    while rows := connection.execute(
        sa.select(entries).where(entries.c.id > last).order_by(entries.c.id).limit(AT_ONCE)
    ).all():
        added = []
        for row in rows:
            previous = linked(previous, row.id, row.at, [getattr(row, name) for name in TEXTS])
            added.append({"entry_id": row.id, "hash": previous})
        connection.execute(links.insert(), added)
        last = rows[-1].id
    if connection.dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_link_is_added_only BEFORE UPDATE ON audit_link "
            "BEGIN SELECT RAISE(ABORT, 'audit_link is evidence: rows are added, never edited'); END"
        )
