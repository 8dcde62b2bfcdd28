"""What a replay in bulk is asked for, at the shell or on the page: which attempts, under which setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from navconsole.attempts.forms import ERRORS, AttemptQuery, parse_query, to_filter
from navconsole.i18n import mark as _
from navigation.configurations import limits_of
from navigation.ids import new_id
from navigation.records import AttemptFilter, AuditEvent, User
from navigation.replays import Choice, ReplayRun, ReplaySetting
from navigation.store.protocol import Store

READERS: Final = ("tesserocr", "pytesseract", "rapidocr")
MOST_LATEST: Final = 1_000_000

NO_CONFIG = _("There is no configuration of this number.")
NO_SET = _("There is no set of cases of this name.")
NOT_UNDERSTOOD = _(
    "These filters cannot be understood. Write them as in the list of attempts, where they can be tried."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which attempts: a line as it is typed in the list, cases, a set of them, ids, the newest so many; all that are
    given hold. Nothing given: every attempt."""

    line: str = ""
    of_cases: bool = False
    set_name: str = ""
    ids: tuple[str, ...] = ()
    latest: int | None = None

    def to_json(self) -> dict[str, Any]:
        """What is given, for the record."""
        return {name: value for name, value in asdict(self).items() if value and name != "ids"} | (
            {"ids": len(self.ids)} if self.ids else {}
        )


class AskedError(ValueError):
    """What was asked for does not make sense; the message is an id of the catalogues."""


def filter_for(asked: Asked, user: User, zone: ZoneInfo) -> AttemptFilter:
    """Attempts that the line lets through, of those that the person may see. Raises AskedError."""
    query = parse_query(MultiDict([("q", asked.line)])) if asked.line.strip() else AttemptQuery()
    if query.errors:
        error = next(iter(query.errors.values()))
        raise AskedError(NOT_UNDERSTOOD if query.problems else str(ERRORS.get(error, NOT_UNDERSTOOD)))
    return to_filter(query, zone=zone, user=user)


def choice_for(store: Store, asked: Asked) -> Choice:
    """Raises AskedError for a set that is not there."""
    set_id = ""
    if asked.set_name:
        found = [one.id for one in store.case_sets(None) if one.name == asked.set_name]
        if not found:
            raise AskedError(NO_SET)
        set_id = found[0]
    return Choice(set_id, asked.of_cases, asked.ids or None, asked.latest)


def setting_for(
    store: Store,
    *,
    config_id: int | None = None,
    score: float | None = None,
    margin: float | None = None,
    readers: Sequence[str] = (),
    language: str = "",
) -> ReplaySetting:
    """The limits of a configuration, with another score or margin where given; all attempts' own without either.

    Raises AskedError for a configuration that is not there.
    """
    limits: dict[str, float] = {}
    if config_id is not None:
        config = store.config(config_id) if 0 < config_id < 2**63 else None
        if config is None:
            raise AskedError(NO_CONFIG)
        limits = asdict(limits_of(config.body).thresholds)
    limits |= {name: value for name, value in (("score", score), ("margin", margin)) if value is not None}
    return ReplaySetting(limits, config_id, tuple(readers), language if readers else "")


def ask(
    store: Store,
    asked: Asked,
    setting: ReplaySetting,
    user: User,
    *,
    zone: ZoneInfo,
    now: datetime,
    event: AuditEvent,
) -> ReplayRun:
    """Keep a run; `event` is logged with its id. Raises AskedError, and StoreError when nothing can be replayed."""
    run = ReplayRun(
        id=new_id(),
        asked=asked.to_json(),
        setting=setting,
        applications=user.applications,
        state="running",
        total=0,
        left_out=0,
        done=0,
        counts={},
        fence=0,
        leased_until=None,
        taken_at=None,
        taken_done=0,
        noted_at=None,
        author_id=user.id,
        author=user.name,
        created_at=now,
        ended_at=None,
    )
    where, choice = filter_for(asked, user, zone), choice_for(store, asked)
    return store.add_replay(run, where, choice, event=replace(event, object_kind="replay", object_id=run.id))


def may_see_run(run: ReplayRun, user: User) -> bool:
    """Whether a person sees everything that the run was limited to."""
    if user.applications is None:
        return True
    return run.applications is not None and set(run.applications) <= set(user.applications)


def matrix_of(changes: Mapping[str, int]) -> tuple[list[str], list[str], dict[tuple[str, str], int]]:
    """Old outcomes, new outcomes, each most frequent first, and how many went from one to the other."""
    cells = {(was, now): count for key, count in changes.items() for was, _, now in [key.partition(">")]}
    olds, news = dict.fromkeys(was for was, _ in cells), dict.fromkeys(now for _, now in cells)
    rows = sorted(olds, key=lambda was: -sum(count for (one, _), count in cells.items() if one == was))
    columns = sorted(news, key=lambda now: -sum(count for (_, one), count in cells.items() if one == now))
    return rows, [*[row for row in rows if row in news], *[one for one in columns if one not in olds]], cells
