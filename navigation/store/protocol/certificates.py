"""What may be asked of the store about certificates; a part of `protocol.Store`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from navigation.certificates import Certificate, Look, Plan
from navigation.evidence import Audited
from navigation.sampling import Sample
from navigation.store.searches import PackedSearch
from navigation.types import Size


class CertificateStore(Protocol):
    def add_plan(self, plan: Plan) -> None: ...

    def plans(self) -> Sequence[Plan]:
        """All plans, newest first."""

    def plan(self, plan_id: str) -> Plan | None: ...

    def add_look(self, look: Look, certificate: Certificate | None, *, known: int) -> None:
        """Keep a look taken when there were `known` in all, and what it certified. ConflictError when there are more
        by now: nothing is kept, and nothing spent. StoreError for an unknown plan."""

    def looks(self) -> Sequence[Look]:
        """Every look that any plan has taken, oldest first."""

    def certificates(self) -> Sequence[Certificate]:
        """All certificates, newest first, those that hold no more among them."""

    def searches(
        self, application: str, *, image_id: str = "", after: int = 0, limit: int = 2000
    ) -> Sequence[PackedSearch]:
        """What attempts on an application ("" for all), or on one picture, had found, oldest first, from past number
        `after`."""

    def searched_pictures(self, application: str, *, after: str = "", limit: int = 100) -> Sequence[str]:
        """Ids of pictures that attempts on an application ("" for all) were made on, in order, from past `after`."""

    def packed_pages(self, image_id: str) -> Mapping[str, bytes]:
        """The readings of a picture as they are kept, by `settings_key`; `searches.unpacked_page` unpacks one."""

    def packed_pages_of(self, image_ids: Sequence[str]) -> Mapping[str, Mapping[str, bytes]]:
        """The same for up to 2000 pictures, by their ids; empty for one that was never read."""

    def audited(
        self,
        sample_id: str,
        *,
        application: str = "",
        screen: str = "",
        since: datetime | None = None,
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[Audited]:
        """Attempts of a sample with what people said of them, in its order, from past place `after`; of the
        application and screen that are named, started since a time."""

    def seen_since(self, application: str, screen: str, since: datetime) -> tuple[frozenset[str], frozenset[Size]]:
        """The readings and the screenshots' sizes of attempts since a time."""

    def add_unit_sample(self, sample: Sample, *, application: str, screen: str, size: int) -> Sample:
        """Draw units that no sample has, each with the same chance, and one attempt of each. StoreError when none is
        left."""
