"""`navconsole demo`: the hospital, the server, the agent's walk, and then the console to look at it all."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from navconsole.attempts.outcomes import outcome_view
from navconsole.auth.accounts import FIRST_ADMIN, make_link, make_token
from navconsole.demo.hospital import Account, HospitalServer, HospitalState
from navconsole.demo.scenarios import (
    APPLICATION,
    DOCTOR,
    DOCTOR_SECRET,
    FACTOR_DOCTOR,
    FACTOR_SECRET,
    LOCKED_NURSE,
    LOCKED_SECRET,
    SCENARIOS,
    WRONG_SECRET,
)
from navconsole.demo.walk import Walked, count_steps, walk
from navconsole.settings import ConsoleSettings
from navconsole.terminal import Command, gettext, ngettext
from navigation.agents.agent import Agent
from navigation.agents.browser import open_browser
from navigation.agents.secret_source import DotenvSecrets
from navigation.client import NavigateClient
from navigation.errors import NavigationError
from navigation.store import open_store
from navigation.types import Outcome

SECRETS_FILE = "secrets.env"
LOG_FILE = "server.log"
MIN_OUTCOMES = 6
_START_S, _STOP_S = 60.0, 15.0
_LANGUAGE = "NAVCONSOLE_LANGUAGE"
# The demo is its own installation: settings and secrets of a real one beside it are not for it.
_NOT_FOR_THE_DEMO = ("SECRET_KEY", "DASHBOARD_PASSWORD", "RPA_AUTH_DISABLED", "RPA_VLM_BASE_URL", "RPA_VLM_API_KEY")


@click.command(cls=Command)
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True, help="Folder of the demo."
)
@click.option("--port", type=click.IntRange(1, 65535), default=5005, show_default=True, help="Port of the console.")
@click.option("--exit", "ends", is_flag=True, help="End after the walk; status 0 when it showed what it should.")
def demo(data: Path, port: int, ends: bool) -> None:
    """Walk a robot through a demo hospital, then show what it saw. Example: navconsole demo --port 5006

    What earlier demos left in the data folder stays and is continued. The hospital, its patients and its
    passwords are invented and live in that folder and in memory only.
    """
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # so that what was started is ended
    keys = ensure_secrets(data / SECRETS_FILE)
    settings = ConsoleSettings.from_env(demo_environment(), data=data, port=port)
    if settings.database.exists():
        screen.print(gettext("Continuing in %(folder)s: what earlier demos left stays.", folder=data))
    with ExitStack() as closing:
        with _stage(screen, gettext("Starting the server…")):
            server = closing.enter_context(running_server(settings))
            hospital = closing.enter_context(HospitalServer(HospitalState(accounts(keys))))
        places = {"hospital": hospital.url, "console": settings.base_url}
        screen.print(gettext("The demo hospital is at %(hospital)s, navconsole at %(console)s", **places))
        walked = perform_walk(settings, hospital, data / SECRETS_FILE, screen)
        screen.print(table_of(walked))
        for line in lines_of_others(walked):
            screen.print(line)
        problem = what_is_missing(walked)
        if problem:
            screen.print(problem)
        if ends:
            screen.print(how_to_look(data))
            sys.exit(1 if problem else 0)
        for line in last_lines(settings):
            screen.print(line)
        with suppress(KeyboardInterrupt):
            server.wait()


# --- before the walk --------------------------------------------------------------------------------


def ensure_secrets(path: Path) -> dict[str, str]:
    """The demo's own passwords by name, made on the first run (file 0600, folder 0700)."""
    names = (DOCTOR_SECRET, FACTOR_SECRET, LOCKED_SECRET, WRONG_SECRET)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("# Passwords of the demo hospital, made for it alone.\n")
            file.writelines(f"{name}={secrets.token_urlsafe(12)}\n" for name in names)
    source = DotenvSecrets(path)
    return {name: source.secret(name).reveal() for name in names}


def accounts(keys: dict[str, str]) -> list[Account]:
    return [
        Account(DOCTOR, keys[DOCTOR_SECRET], "Dr C. LEMOINE"),
        Account(FACTOR_DOCTOR, keys[FACTOR_SECRET], "Dr P. ARNAUD", needs_factor=True),
        Account(LOCKED_NURSE, keys[LOCKED_SECRET], "S. VERROU", is_locked=True),
    ]


def demo_environment() -> dict[str, str]:
    """The environment without what belongs to a real installation; the person's language stays."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_FOR_THE_DEMO and (name == _LANGUAGE or not name.startswith("NAVCONSOLE_"))
    }
    return kept | {"NAVCONSOLE_SECOND_FACTOR_ROLES": ""}  # its admin comes in by a link and is let look around


@contextmanager
def running_server(settings: ConsoleSettings) -> Iterator[subprocess.Popen[bytes]]:
    """`navconsole serve` in a process of its own, up and answering; ended in order afterwards.

    Raises NavigationError with the last line it logged when it does not come up.
    """
    _check_free(settings)
    log_path = settings.data / LOG_FILE
    command = [sys.executable, "-m", "navconsole.cli", "serve", "--data", str(settings.data)]
    command += ["--port", str(settings.port)]
    with log_path.open("wb") as log:
        # Its standard output would hold the first admin's link; the log file is not to have it.
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=log, stdin=subprocess.DEVNULL, env=demo_environment(),
            start_new_session=True,  # Ctrl-C is for this process; the server is then ended in order
        )  # fmt: skip
    try:
        _wait_until_up(process, settings, log_path)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _check_free(settings: ConsoleSettings) -> None:
    """Before the start: a server that is there already would answer for ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise NavigationError(
                "Port {port} is in use, perhaps by another demo; end it, or choose another with --port",
                port=settings.port,
            ) from None


def _wait_until_up(process: subprocess.Popen[bytes], settings: ConsoleSettings, log_path: Path) -> None:
    give_up_at = time.monotonic() + _START_S
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            lines = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise NavigationError("The server did not start: {said}", said=lines[-1] if lines else "–")
        with suppress(httpx.TransportError):
            if httpx.get(f"{settings.base_url}/health", timeout=2.0, trust_env=False).status_code == 200:
                return
        time.sleep(0.2)
    raise NavigationError(
        "The server did not answer within {seconds} s; see {log}", seconds=round(_START_S), log=log_path
    )


# --- the walk ---------------------------------------------------------------------------------------


def perform_walk(
    settings: ConsoleSettings, hospital: HospitalServer, secrets_path: Path, screen: Console
) -> list[Walked]:
    """The whole story with a progress bar, by a token that is revoked at the end."""
    columns = (TextColumn("{task.description:<38}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as closing:
        with _stage(screen, gettext("Starting the browser…")):
            client = closing.enter_context(NavigateClient(settings.base_url, closing.enter_context(_token(settings))))
            browser = closing.enter_context(open_browser())
        screen.print(gettext("The robot walks the hospital; this takes one to three minutes."))
        bar = closing.enter_context(Progress(*columns, console=screen, transient=True))
        task = bar.add_task("", total=count_steps(SCENARIOS))

        def on_attempt(attempt: Walked) -> None:
            bar.update(task, advance=1, description=attempt.scenario)

        agent = Agent(browser, client, DotenvSecrets(secrets_path))
        return walk(hospital, browser, agent, client, SCENARIOS, on_attempt=on_attempt)


@contextmanager
def _stage(screen: Console, text: str) -> Iterator[None]:
    """Say what is being waited for: with a moving sign where the output is a terminal."""
    screen.print(text)
    with screen.status(text) if screen.is_terminal else nullcontext():
        yield


@contextmanager
def _token(settings: ConsoleSettings) -> Iterator[str]:
    store = open_store(settings.database)
    try:
        token, secret = make_token(store, "demo", scopes=["ingest"], applications=[APPLICATION], days=1)
        try:
            yield secret
        finally:
            store.revoke_token(token.id, datetime.now(UTC))
    finally:
        store.close()


# --- after the walk ---------------------------------------------------------------------------------


def table_of(walked: Sequence[Walked]) -> Table:
    """Attempts by outcome, the most frequent first, with how many came as the story told."""
    counts = Counter(_name(attempt.outcome) for attempt in walked)
    as_told = Counter(_name(attempt.outcome) for attempt in walked if attempt.is_as_told)
    table = Table(title=ngettext("%(num)s attempt", "%(num)s attempts", len(walked)), show_footer=True)
    table.add_column(gettext("outcome"), footer=ngettext("%(num)s outcome", "%(num)s outcomes", len(counts)))
    table.add_column(gettext("attempts"), justify="right", footer=str(len(walked)))
    table.add_column(gettext("as the story tells"), justify="right", footer=str(as_told.total()))
    for name, count in counts.most_common():
        table.add_row(name, str(count), str(as_told[name]))
    return table


def lines_of_others(walked: Sequence[Walked]) -> list[str]:
    """The attempts that ended otherwise than the story tells, one line each, under a heading."""
    others = [attempt for attempt in walked if not attempt.is_as_told]
    if not others:
        return []
    return [
        gettext("Otherwise than the story tells:"),
        *(
            gettext(
                "  %(scenario)s, step %(number)s “%(target)s”: %(outcome)s, the story tells %(expected)s",
                scenario=other.scenario,
                number=other.number,
                target=other.target,
                outcome=_name(other.outcome),
                expected=_name(other.expected),
            )
            for other in others
        ),
    ]


def what_is_missing(walked: Sequence[Walked]) -> str:
    """A sentence when the walk did not show enough, else "": six outcomes, a wrong patient among them."""
    outcomes = {attempt.outcome for attempt in walked} - {None}
    if Outcome.WRONG_PATIENT not in outcomes:
        return gettext("The walk shows no wrong patient; something is amiss with the engine or the hospital's pages.")
    if len(outcomes) < MIN_OUTCOMES:
        return gettext(
            "The walk shows too few outcomes (%(count)s, at least %(least)s are meant); something is amiss.",
            count=len(outcomes),
            least=MIN_OUTCOMES,
        )
    return ""


def how_to_look(data: Path) -> str:
    """How to open what the walk left, for who let it end by itself."""
    return gettext(
        "To look at it: navconsole serve --data %(folder)s, and for a link that logs you in "
        "navconsole users add --data %(folder)s --role engineer --name …",
        folder=data,
    )


def last_lines(settings: ConsoleSettings) -> list[str]:
    """What stays at the foot of the screen: the console's address and the link, each alone on its line to be copied."""
    return [
        gettext("The demo runs until Ctrl-C. The console, and a link that logs you in once, within 24 hours:"),
        settings.base_url,
        one_time_link(settings),
    ]


def one_time_link(settings: ConsoleSettings) -> str:
    store = open_store(settings.database)
    try:
        return make_link(store, FIRST_ADMIN, base_url=settings.base_url)
    finally:
        store.close()


def _name(outcome: Outcome | None) -> str:
    return gettext(outcome_view(outcome).name)
