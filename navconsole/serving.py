"""The server process: one WSGI server with bounded threads, buffers and waiting; a clean end on SIGTERM."""

from __future__ import annotations

import fcntl
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from flask import Flask
from waitress.server import create_server

from navconsole import allocator
from navconsole.accepting import be_patient
from navconsole.alerts.sending import AlertSender
from navconsole.app import create_app
from navconsole.beside import Beside
from navconsole.cases.worker import ExportWorker
from navconsole.maintenance import Maintenance
from navconsole.operations import machine
from navconsole.operations.nightly import Nightly
from navconsole.settings import ConsoleSettings
from navconsole.tuning.resuming import resume_trial
from navconsole.turns import Turns
from navigation.errors import NavigationError
from navigation.store import standalone
from navigation.store.protocol import Store

if TYPE_CHECKING:
    from navconsole.other_readers import Readers

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Requests that work at the same time."""
HELD = 50
"""Connections of agents that only wait for an instruction, beside those; the next one hears 503."""
THREADS = AT_ONCE + HELD
MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_HEADER_BYTES = 32 * 1024
IN_MEMORY_BYTES = 4 * 1024 * 1024
"""A body up to this size never touches the disk, so that a full one is answered and not a lost connection."""
IDLE_S = 20
MAX_CONNECTIONS = 100 + HELD
LOCK_FILE = "server.lock"
UNDER_WAY = "under way"
BACKLOG = 128


def serve(
    settings: ConsoleSettings,
    *,
    store: Store,
    navigator: Any | None,
    readers: Readers | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Answer until SIGTERM or Ctrl-C. Requests under way are finished; `store` and `navigator` are closed."""
    allocator.return_memory()
    warn_of_network(settings.data)
    with ExitStack() as closing:
        closing.callback(store.close)
        if navigator is not None:
            closing.callback(navigator.close)
        closing.enter_context(alone_on(settings.data))
        trials = Beside("navconsole.tuning.trial_worker", settings.database)
        closing.callback(trials.close)
        replays = Beside("navconsole.replay.bulk_worker", settings.database)
        closing.callback(replays.close)
        app = create_app(settings, store=store, navigator=navigator, readers=readers, trials=trials, replays=replays)
        server = _listen(app, settings)
        maintenance = Maintenance(store, nightly=Nightly(store, settings), database=settings.database)
        closing.callback(maintenance.close)
        maintenance.start()
        if not store.damage:
            _begin_work(closing, store, settings, trials)
        signal.signal(signal.SIGTERM, _end)
        on_ready()
        with suppress(SystemExit, KeyboardInterrupt):
            server.run()
        log.info("server ends")
        server.close()


def _begin_work(closing: ExitStack, store: Store, settings: ConsoleSettings, trials: Beside) -> None:
    """What is done beside the answers, and writes."""
    resume_trial(trials, store, settings.data, datetime.now(UTC))
    exporting, alerts = ExportWorker(store, settings), AlertSender(store, settings)
    closing.callback(exporting.close)
    exporting.start()
    closing.callback(alerts.close)
    alerts.start()


def warn_of_network(folder: Path) -> None:
    """Say in the log that a folder lies where a database like ours gets damaged; `doctor` says it to people."""
    mount = machine.mount_of(folder)
    if mount is not None and mount.is_networked:
        log.error("data folder on a network file system kind=%s: the database may get damaged, move it", mount.kind)


@contextmanager
def alone_on(folder: Path) -> Iterator[None]:
    """Hold the data folder: a second server would close the first one's attempts as interrupted.

    The system lets go of the lock when the process ends, however it ends. Raises NavigationError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LOCK_FILE).open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise NavigationError("Another server uses the data folder {folder}; stop it first", folder=folder) from err
        handle.truncate(0)
        with suppress(OSError):  # a full disk: then the next start looks at nothing
            handle.write(UNDER_WAY)
            handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)


def was_cut_off(folder: Path) -> bool:
    """Whether what last held the folder alone did not come to its end: it was killed, or the machine stopped."""
    path = folder / LOCK_FILE
    return path.is_file() and path.read_text("ascii") == UNDER_WAY


def found_damage(settings: ConsoleSettings) -> str:
    """What is wrong with the database after an unclean stop, looked for only then; "" when it is sound."""
    if not was_cut_off(settings.data) or not settings.database.is_file():
        return ""
    began = time.monotonic()
    damage = standalone.damage_of(settings.database)
    log.info("database checked after an unclean stop seconds=%.1f", time.monotonic() - began)
    if damage:
        log.error("database damaged: it is only read")
    return damage


def _listen(app: Flask, settings: ConsoleSettings) -> Any:
    try:
        server = create_server(Turns(app, at_once=AT_ONCE, held=HELD), **server_options(settings))
    except OSError as err:
        where = f"{settings.host}:{settings.port}"
        raise NavigationError(
            "Cannot listen on {where} ({why}); is another server there already?", where=where, why=err.strerror
        ) from err
    be_patient(server)
    return server


def server_options(settings: ConsoleSettings) -> dict[str, Any]:
    """Options of the WSGI server; forwarded headers count only from the named proxy."""
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "threads": THREADS,
        "max_request_body_size": MAX_BODY_BYTES,
        "max_request_header_size": MAX_HEADER_BYTES,
        "inbuf_overflow": IN_MEMORY_BYTES,
        "channel_timeout": IDLE_S,
        "cleanup_interval": 5,
        "connection_limit": MAX_CONNECTIONS,
        "backlog": BACKLOG,
        "ident": None,
        "clear_untrusted_proxy_headers": True,
    }
    if settings.proxy:
        options |= {
            "trusted_proxy": settings.proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        }
    return options


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
