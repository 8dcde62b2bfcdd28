"""Run by Alembic: applies the migrations on the connection and in the transaction that the caller opened."""

from alembic import context

from navigation.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
