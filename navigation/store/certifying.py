"""Certificates with their plans and looks. Rows are added and never edited: what was declared stays declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from navigation.certificates import Certificate, Counted, Declared, Look, Needed, Part, Plan, Promise
from navigation.errors import ConflictError
from navigation.records import Json
from navigation.risk import GridPoint
from navigation.store import failures, sentences
from navigation.store.connection import Part as StorePart
from navigation.store.models.certificates import CertificateRow, LookRow, PlanRow
from navigation.store.rows import record_of, values_of
from navigation.types import Size


class Certificates(StorePart):
    def add_plan(self, plan: Plan) -> None:
        """Keep a plan, declared from now on."""
        values = values_of(plan) | {"scores": list(plan.scores), "margins": list(plan.margins)}
        with self._db.writing() as session:
            session.add(PlanRow(**values))

    def plans(self) -> Sequence[Plan]:
        """All plans, newest first."""
        with self._db.reading() as session:
            rows = session.scalars(select(PlanRow).order_by(PlanRow.created_at.desc(), PlanRow.id.desc()))
            return [_plan(row) for row in rows]

    def plan(self, plan_id: str) -> Plan | None:
        with self._db.reading() as session:
            row = session.get(PlanRow, plan_id)
            return _plan(row) if row else None

    def add_look(self, look: Look, certificate: Certificate | None, *, known: int) -> None:
        """Keep a look, with the certificate that came of it.

        Args:
            look: what was looked at and what it spent.
            certificate: of this look; None when it certified nothing.
            known: how many looks there were in all when it was taken.

        Raises:
            ConflictError: another look was taken meanwhile, so that this one's share of delta is no longer right.
            StoreError: no such plan.
        """
        values = values_of(look) | {"units": list(look.units), "unused": dict(look.unused)}
        values["needed"] = asdict(look.needed) if look.needed else None
        try:
            with self._db.writing() as session:
                if session.scalar(select(func.count()).select_from(LookRow)) != known:
                    raise ConflictError(sentences.LOOKED_MEANWHILE)
                session.add(LookRow(**values))
                session.flush()
                if certificate is not None:
                    session.add(CertificateRow(**_columns(certificate)))
        except IntegrityError as err:
            failures.refuse_missing_reference(err, sentences.UNKNOWN_PLAN)
            raise

    def looks(self) -> Sequence[Look]:
        """Every look that any plan has taken, oldest first."""
        with self._db.reading() as session:
            return [_look(row) for row in session.scalars(select(LookRow).order_by(LookRow.seq))]

    def certificates(self) -> Sequence[Certificate]:
        """All certificates, newest first, those that hold no more among them."""
        newest = select(CertificateRow).order_by(CertificateRow.at.desc(), CertificateRow.id.desc())
        with self._db.reading() as session:
            return [_certificate(row) for row in session.scalars(newest)]


def _plan(row: PlanRow) -> Plan:
    return record_of(Plan, row, scores=tuple(row.scores), margins=tuple(row.margins))


def _look(row: LookRow) -> Look:
    return record_of(Look, row, units=tuple(row.units), needed=Needed(**row.needed) if row.needed else None)


def _columns(certificate: Certificate) -> dict[str, Any]:
    promise = asdict(certificate.promise)
    point = promise.pop("point")
    return {
        **{name: getattr(certificate, name) for name in ("id", "look_id", "case_set", "author", "at")},
        **point,
        "promise": promise,
        "readings": list(certificate.readings),
        "sizes": [[size.width, size.height] for size in certificate.sizes],
        "profiles": dict(certificate.profiles),
    }


def _certificate(row: CertificateRow) -> Certificate:
    said: Json = row.promise
    promise = Promise(
        point=GridPoint(row.score, row.margin),
        present=Counted(**said["present"]),
        absent=Counted(**said["absent"]) if said["absent"] else None,
        coverage=said["coverage"],
        level=said["level"],
        parts=tuple(Part(**{**part, "counted": Counted(**part["counted"])}) for part in said["parts"]),
        region=tuple(GridPoint(**point) for point in said["region"]),
        declared=Declared(**said["declared"]) if said.get("declared") else None,
    )
    sizes = tuple(Size(*size) for size in row.sizes)
    return record_of(Certificate, row, promise=promise, readings=tuple(row.readings), sizes=sizes)
