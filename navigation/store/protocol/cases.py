"""What may be asked of the store about cases; a part of `protocol.Store`. Each method is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from navigation.case_records import CaseCheck, CaseExport, CaseFilter, CaseSet, Import, StoredCase
from navigation.records import AuditEvent


class CaseStore(Protocol):
    def put_case(self, case: StoredCase, *, event: AuditEvent | None = None) -> StoredCase:
        """Keep a case; the attempt's own, if it has one, is made anew under its id. Returns what is kept."""

    def remove_case(self, case_id: str) -> bool:
        """Take a case back, from its sets too; False when there is none. The attempt and its labels stay."""

    def close_case(self, case_id: str) -> bool:
        """Somebody has looked at what had re-opened a case; False when it was not re-opened."""

    def case(self, case_id: str) -> StoredCase | None: ...

    def case_of_attempt(self, attempt_id: str) -> StoredCase | None: ...

    def cases(self, where: CaseFilter, *, after: str | None = None, limit: int = 100) -> Sequence[StoredCase]:
        """Cases that fit, re-opened ones first, then the newest; those that follow the case `after`."""

    def count_cases(self, where: CaseFilter) -> Mapping[str, int]:
        """How many cases fit, by state; "outdated" counts those whose label does not stand any more."""

    def case_bodies(self, where: CaseFilter) -> Sequence[tuple[str, str]]:
        """(id, body) of every case that fits and whose label stands, by id."""

    def outdated_cases(self, where: CaseFilter) -> Sequence[str]:
        """Ids of the cases that fit and whose label does not stand any more."""

    def add_case_set(self, named: CaseSet) -> CaseSet:
        """Keep a set; the stored one where there is one of this name."""

    def case_sets(self, applications: Sequence[str] | None) -> Sequence[CaseSet]:
        """All sets by name, with how many cases of these applications (None: of all) each has."""

    def put_in_set(self, set_id: str, case_ids: Iterable[str]) -> int:
        """Add cases to a set; how many were not in it. StoreError when there is no such set or case."""

    def take_out_of_set(self, set_id: str, case_id: str) -> bool: ...

    def delete_case_set(self, set_id: str) -> bool:
        """Forget a name; the cases stay."""

    def add_checks(self, checks: Sequence[CaseCheck], *, event: AuditEvent | None = None) -> Sequence[str]:
        """Note what a run came to, once; the ids of the cases that it re-opened. Unknown cases are passed over."""

    def checks_of(self, case_id: str, *, limit: int = 50) -> Sequence[CaseCheck]:
        """What runs came to for a case, newest first."""

    def add_export(self, export: CaseExport, *, event: AuditEvent) -> None:
        """Keep that an export was asked for, with the audit's event."""

    def change_export(self, export: CaseExport, *, was: str) -> None:
        """Bring an export to where it is now. ConflictError when it is not in the state `was` any more."""

    def export(self, export_id: str) -> CaseExport | None: ...

    def exports(self, *, states: Sequence[str] = (), limit: int = 100) -> Sequence[CaseExport]:
        """Exports, newest first; of these states where any are named."""

    def known_cases(self, case_ids: Iterable[str]) -> Mapping[str, str]:
        """The bodies of those of these cases that are stored, by id."""

    def known_pictures(self, image_ids: Iterable[str]) -> frozenset[str]:
        """Those of these pictures that are stored."""

    def bring_in(self, brought: Import, *, event: AuditEvent) -> int:
        """Add an import whole or not at all; how many cases were added. ConflictError when one is stored already."""
