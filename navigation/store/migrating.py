"""Brings a database to the schema of this version, in one transaction: the old schema or the new, never between."""

from __future__ import annotations

import logging

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util.exc import CommandError
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from navigation.errors import StoreError
from navigation.store import sentences, summaries
from navigation.store.schema import MIGRATIONS, latest_version, schema_version

logger = logging.getLogger(__name__)


def migrate(connection: Connection) -> bool:
    """Apply what is missing and make the lists anew, inside the caller's transaction. True when something was applied.

    Raises StoreError when the database knows a migration that this program does not.
    """
    config = _config()
    current = schema_version(connection)
    if current == latest_version():
        return False
    if current is not None and not _is_known(config, current):
        raise StoreError(sentences.NEWER)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if current is not None:
        _rebuild_lists(connection)
    logger.info("schema migrated from=%s to=%s", current or "empty", latest_version())
    return True


def _rebuild_lists(connection: Connection) -> None:
    """Lists are made from the evidence, so a migration need not know how to fill them."""
    with Session(connection, join_transaction_mode="conditional_savepoint") as session:
        attempts = summaries.rebuild(session)
        session.commit()
    logger.info("lists rebuilt attempts=%d", attempts)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _is_known(config: Config, revision: str) -> bool:
    try:
        return ScriptDirectory.from_config(config).get_revision(revision) is not None
    except (CommandError, ResolutionError):
        return False
