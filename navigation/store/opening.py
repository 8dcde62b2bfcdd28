"""Opens the store of one installation: files and rights, schema, identity, what a crash left behind."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from navigation.cache import CoordinateCache
from navigation.errors import BadScreenshotError, DamagedPictureError
from navigation.settings import CachePolicy
from navigation.store import files, instance, restoring, schema, sqlite
from navigation.store.accounts import LoginFailures, OneTimeLinks, Users
from navigation.store.alerting import Alerts
from navigation.store.attempts import Attempts
from navigation.store.audit import Audit
from navigation.store.auditing import Samples
from navigation.store.blinding import Blinding
from navigation.store.blobs import FileBlobStore
from navigation.store.bringing_in import BringingIn
from navigation.store.casing import CaseChecks, CaseExports, Cases, CaseSets
from navigation.store.certifying import Certificates
from navigation.store.claiming import Claims
from navigation.store.conducting import Conducting
from navigation.store.configs import Configs
from navigation.store.connection import Database
from navigation.store.counting import Counting
from navigation.store.drafting import Drafts
from navigation.store.facets import Facets
from navigation.store.failures import translated_files
from navigation.store.filing import Files
from navigation.store.grouping import Groups
from navigation.store.history import History
from navigation.store.identities import Identities
from navigation.store.labelling import Labels
from navigation.store.listing import Listing
from navigation.store.pages import Pages
from navigation.store.place_listing import PlaceListing
from navigation.store.policy_trials import PolicyTrials
from navigation.store.preferring import Preferences
from navigation.store.protocol import BlobStore, Store
from navigation.store.purging import Purging
from navigation.store.rates import Rates
from navigation.store.recovery import Recovery
from navigation.store.replays import Replays
from navigation.store.replies import Replies
from navigation.store.run_steps import RunSteps
from navigation.store.runs import Runs, Screenshots
from navigation.store.searches import Searches
from navigation.store.second_factors import SecondFactors
from navigation.store.sessions import Sessions, Tokens
from navigation.store.shadowing import Shadows
from navigation.store.signoffs import Flows, Signoffs
from navigation.store.stops import Stops
from navigation.store.views import SavedViews

logger = logging.getLogger(__name__)


class SqlStore(
    Runs,
    Screenshots,
    Attempts,
    Listing,
    Counting,
    Facets,
    Groups,
    History,
    Labels,
    Claims,
    Blinding,
    Samples,
    Searches,
    Certificates,
    SavedViews,
    Cases,
    CaseSets,
    CaseChecks,
    CaseExports,
    BringingIn,
    Stops,
    RunSteps,
    Rates,
    Flows,
    Signoffs,
    Recovery,
    Pages,
    Replies,
    Configs,
    Shadows,
    PlaceListing,
    PolicyTrials,
    Replays,
    Users,
    OneTimeLinks,
    LoginFailures,
    SecondFactors,
    Identities,
    Sessions,
    Tokens,
    Audit,
    Preferences,
    Files,
    Drafts,
    Conducting,
    Purging,
    Alerts,
):
    """The store on a SQL database, with its pictures. Each part answers for one noun; see `protocol.Store`."""

    def __init__(self, db: Database, blobs: BlobStore, instance_id: str) -> None:
        self._db = db
        self._blobs = blobs
        self.instance_id = instance_id

    @property
    def blobs(self) -> BlobStore:
        return self._blobs

    def remembered_places(self, policy: CachePolicy) -> CoordinateCache:
        from navigation.store.places import StoredPlaces  # decodes pictures: only where there is an engine

        return StoredPlaces(self._db, policy)

    def reencode_waiting(self, limit: int = 20) -> int:
        """Re-encode pictures still kept as received and note their new form. Returns how many were looked at."""
        waiting = self.screenshots_to_reencode(limit)
        for image_id in waiting:
            self._reencode(image_id)
        return len(waiting)

    @property
    def damage(self) -> str:
        """What to say to people of a database that was found to be damaged and is only read; "" for a sound one."""
        return self._db.damage

    def note_damage(self, damage: str) -> None:
        """What a look at the whole file came to: damaged (a sentence for people), or "" sound, so written again."""
        self._db.damage = damage

    def close(self) -> None:
        self._db.close()

    def _reencode(self, image_id: str) -> None:
        try:
            done = self._blobs.reencode(image_id)
        except (DamagedPictureError, BadScreenshotError, FileNotFoundError) as err:
            logger.error("picture not reencoded image=%s why=%s", image_id, type(err).__name__)
            done = None
        if done is None:
            meta = self.screenshot(image_id)
            if meta is None:
                return
            done = meta.stored_format, meta.stored_bytes  # it stays as it is, and is not tried again
        self.note_reencoded(image_id, *done)


def open_store(
    path: Path, *, blobs: Path | None = None, create: bool = True, floor_bytes: int = 0, damage: str = ""
) -> Store:
    """The store whose database is the file `path`, created or brought to this version's schema if need be.

    Args:
        path: the database file; its folder is created with rights 0700, the file with 0600.
        blobs: folder of the screenshots; beside the database, "screenshots", unless given.
        create: False refuses to make a new database, for a server whose database must be there already.
        floor_bytes: free room below which pictures are refused, see `FileBlobStore`.
        damage: what to say of a file that is known to be damaged: it is opened as it is, and only read.

    Raises:
        StoreError: the database is missing where one was, belongs elsewhere, is damaged or of a newer version.
    """
    path = path.absolute()
    restoring.finish(path)
    instance.check_before(path, create=create)
    with translated_files():
        files.make_folder(path.parent)
        pictures = FileBlobStore(blobs or path.parent / "screenshots", floor_bytes=floor_bytes)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            files.sync_folder(path.parent)
    db = Database(sqlite.make_engine(str(path)), path.parent)
    db.damage = damage
    try:
        instance_id = _known_instance(db, path)
        if instance_id is None:
            from navigation.store import migrating  # loads Alembic

            with db.changing_schema() as connection:
                migrating.migrate(connection)
                instance_id = instance.settle(connection, path)
        instance.mark(path, instance_id)
        pictures.sweep()
    except BaseException:
        db.close()
        raise
    return SqlStore(db, pictures, instance_id)


def _known_instance(db: Database, path: Path) -> str | None:
    """The installation's id when there is nothing to migrate, so that opening needs no lock and no room."""
    with db.looking() as connection:
        return instance.checked(connection, path) if schema.is_latest(connection) else None
