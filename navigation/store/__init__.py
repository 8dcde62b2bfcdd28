"""The store: what happened, kept as evidence; who may see it; and the pictures. SQL lives here only."""

from navigation.store.blobs import FileBlobStore
from navigation.store.opening import SqlStore, open_store
from navigation.store.protocol import (
    AccountStore,
    AlertStore,
    AttemptStore,
    BlobStore,
    CaseStore,
    CertificateStore,
    ConfigStore,
    FlowStore,
    LabelStore,
    OversightStore,
    PlaceStore,
    QueueStore,
    ReplayStore,
    RetentionStore,
    ShadowStore,
    Store,
    ViewStore,
    WorkflowStore,
)

__all__ = [
    "AccountStore",
    "AlertStore",
    "AttemptStore",
    "BlobStore",
    "CaseStore",
    "CertificateStore",
    "ConfigStore",
    "FileBlobStore",
    "FlowStore",
    "LabelStore",
    "OversightStore",
    "PlaceStore",
    "QueueStore",
    "ReplayStore",
    "RetentionStore",
    "ShadowStore",
    "SqlStore",
    "Store",
    "ViewStore",
    "WorkflowStore",
    "open_store",
]
