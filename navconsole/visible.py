"""Objects by the ids of an address, or 404: what a person may not see does not exist for them.

Their rights are part of the question to the store, so that nothing of another application is loaded first and the
time of the answer does not tell it from what nobody has (`python -m tests.bench.hidden`).
"""

from __future__ import annotations

from flask import abort, g

from navconsole.services import services
from navigation.ids import is_id
from navigation.records import AttemptDetail, RunStart


def visible_attempt(attempt_id: str) -> AttemptDetail:
    found = services().store.attempt(attempt_id, applications=g.user.applications) if is_id(attempt_id) else None
    return found or abort(404)


def visible_run(run_id: str) -> RunStart:
    found = services().store.run(run_id, applications=g.user.applications) if is_id(run_id) else None
    return found or abort(404)
