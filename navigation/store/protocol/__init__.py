"""What the rest of the product may ask of the store. Each method is one transaction and thread-safe.

Writes raise `StoreBusyError` when the database stays locked, `StoreFullError` when the disk is full.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from navigation.cache import CoordinateCache
from navigation.settings import CachePolicy
from navigation.store.protocol.accounts import AccountStore, ViewStore
from navigation.store.protocol.alerts import AlertStore
from navigation.store.protocol.attempts import AttemptStore
from navigation.store.protocol.cases import CaseStore
from navigation.store.protocol.certificates import CertificateStore
from navigation.store.protocol.configurations import ConfigStore, ShadowStore
from navigation.store.protocol.labels import LabelStore, QueueStore
from navigation.store.protocol.oversight import FlowStore, OversightStore
from navigation.store.protocol.pictures import BlobStore
from navigation.store.protocol.places import PlaceStore
from navigation.store.protocol.replays import ReplayStore
from navigation.store.protocol.retention import RetentionStore
from navigation.store.protocol.workflows import WorkflowStore


class Store(
    AttemptStore,
    ConfigStore,
    ShadowStore,
    LabelStore,
    QueueStore,
    OversightStore,
    FlowStore,
    AccountStore,
    ViewStore,
    CertificateStore,
    PlaceStore,
    CaseStore,
    ReplayStore,
    WorkflowStore,
    RetentionStore,
    AlertStore,
    Protocol,
):
    """The database of one installation; `blobs` holds its pictures."""

    @property
    def blobs(self) -> BlobStore: ...

    def remembered_places(self, policy: CachePolicy) -> CoordinateCache:
        """The coordinate cache of this installation; shared with every process that opens it. Close it before this."""

    def reencode_waiting(self, limit: int = 20) -> int:
        """Re-encode pictures still kept as received and record it; how many were looked at (0: all are done)."""

    def one_view(self) -> AbstractContextManager[None]:
        """Inside, all that this thread asks is answered by one unchanging view of the data, until it writes.

        Short questions take half the time so. Not for work that waits for what others write: it would not see it.
        """

    @property
    def damage(self) -> str:
        """What to say to people of a database that was found to be damaged and is only read; "" for a sound one."""

    def note_damage(self, damage: str) -> None:
        """What a look at the whole file came to: damaged (a sentence for people), or "" sound, so written again."""

    def close(self) -> None: ...


__all__ = [
    "AccountStore",
    "AlertStore",
    "AttemptStore",
    "BlobStore",
    "CaseStore",
    "CertificateStore",
    "ConfigStore",
    "FlowStore",
    "LabelStore",
    "OversightStore",
    "PlaceStore",
    "QueueStore",
    "ReplayStore",
    "RetentionStore",
    "ShadowStore",
    "Store",
    "ViewStore",
    "WorkflowStore",
]
