"""What a request may use: the store, the service that runs attempts, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from navconsole.settings import ConsoleSettings
from navigation.store.protocol import Store

if TYPE_CHECKING:
    from navconsole.beside import Beside
    from navconsole.other_readers import Readers


@dataclass(frozen=True, slots=True)
class Services:
    """`navigator` carries out attempts, `conductor` walks workflows for agents, `readers` read stored pictures anew,
    `trials` try policies on the records, `replays` carry out replays in bulk (each None for a console that only
    shows)."""

    store: Store
    navigator: object | None
    settings: ConsoleSettings
    readers: Readers | None = None
    trials: Beside | None = None
    replays: Beside | None = None
    conductor: object | None = None


def services() -> Services:
    """The services of the application that is answering now."""
    found: Services = current_app.extensions["navconsole"]
    return found
