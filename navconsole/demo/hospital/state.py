"""What one demo hospital remembers: accounts, sessions, prescriptions and its switches. In memory, behind one lock."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Literal

from navconsole.demo.hospital.data import Prescription, PrescriptionStatus, initial_prescriptions
from navconsole.demo.hospital.labels import Language, Version

MAX_TRIES = 3

SignIn = Literal["signed_in", "second_factor", "refused", "locked"]
SessionState = Literal["none", "second_factor", "signed_in", "expired"]


@dataclass(frozen=True, slots=True)
class Switches:
    """What makes real robots fail. `slow_s` delays every answer to a form; `dead_buttons` press without effect."""

    version: Version = "v1"
    language: Language = "fr"
    theme: Literal["light", "dark"] = "light"
    scale: Literal[100, 125, 150] = 100
    moved: bool = False
    twin: bool = False
    popup: bool = False
    slow_s: float = 0.0
    dead_buttons: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in; `needs_factor` asks for the code only that person receives."""

    user: str
    password: str = field(repr=False)
    shown_as: str
    needs_factor: bool = False
    is_locked: bool = False


@dataclass(slots=True)
class _Session:
    user: str
    state: SessionState
    code: str = ""
    code_tries: int = 0


class HospitalState:
    """State of one hospital; every method is safe to call from several threads.

    `switches` may be replaced at any time by whoever started the hospital; pages follow from the next request on.
    """

    def __init__(self, accounts: Iterable[Account], switches: Switches | None = None) -> None:
        self._lock = threading.Lock()
        self._given = tuple(accounts)
        self._switches = switches or Switches()
        self._open()

    def _open(self) -> None:
        self._accounts = {account.user: account for account in self._given}
        self._failures: dict[str, int] = {}
        self._sessions: dict[str, _Session] = {}
        self._prescriptions = dict(initial_prescriptions())
        self._notes: dict[str, list[str]] = {}

    def reset(self) -> None:
        """As on the first morning: accounts unlocked, nobody signed in, prescriptions as given, switches off."""
        with self._lock:
            self._switches = Switches()
            self._open()

    @property
    def switches(self) -> Switches:
        with self._lock:
            return self._switches

    @switches.setter
    def switches(self, value: Switches) -> None:
        with self._lock:
            self._switches = value

    # --- signing in -----------------------------------------------------------------------------

    def sign_in(self, user: str, password: str) -> tuple[SignIn, str]:
        """Try a name and a password; returns what came of it and the new session's id ("" when there is none)."""
        with self._lock:
            account = self._accounts.get(user)
            if account and account.is_locked:
                return "locked", ""
            if account is None or not compare_digest(account.password.encode(), password.encode()):
                return self._note_failure(user, account), ""
            self._failures.pop(user, None)
            session_id = secrets.token_urlsafe(24)
            if account.needs_factor:
                self._sessions[session_id] = _Session(user, "second_factor", f"{secrets.randbelow(10**6):06d}")
                return "second_factor", session_id
            self._sessions[session_id] = _Session(user, "signed_in")
            return "signed_in", session_id

    def _note_failure(self, user: str, account: Account | None) -> SignIn:
        failures = self._failures[user] = self._failures.get(user, 0) + 1
        if account and failures >= MAX_TRIES:
            self._accounts[user] = replace(account, is_locked=True)
            return "locked"
        return "refused"

    def give_code(self, session_id: str, code: str) -> bool:
        """Whether the code was the one sent to the person; after three wrong ones the session is gone."""
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None or session.state != "second_factor":
                return False
            if compare_digest(session.code.encode(), code.encode()):
                session.state = "signed_in"
                return True
            session.code_tries += 1
            if session.code_tries >= MAX_TRIES:
                del self._sessions[session_id]
            return False

    def code_sent_to(self, user: str) -> str:
        """The code on that person's telephone ("" when none was sent): for a person, never for the robot."""
        with self._lock:
            codes = [s.code for s in self._sessions.values() if s.user == user and s.state == "second_factor"]
            return codes[-1] if codes else ""

    def session_state(self, session_id: str) -> SessionState:
        with self._lock:
            session = self._sessions.get(session_id)
            return session.state if session else "none"

    def shown_user(self, session_id: str) -> str:
        with self._lock:
            session = self._sessions.get(session_id)
            return self._accounts[session.user].shown_as if session else ""

    def sign_out(self, session_id: str) -> None:
        with self._lock:
            self._sessions.pop(session_id, None)

    def expire_sessions(self) -> None:
        """What a long lunch does: every signed-in session ends, and says so at its next page."""
        with self._lock:
            for session in self._sessions.values():
                session.state = "expired"

    # --- care -----------------------------------------------------------------------------------

    def prescriptions(self, ipp: str) -> tuple[Prescription, ...]:
        with self._lock:
            return self._prescriptions[ipp]

    def set_status(self, ipp: str, number: int, status: PrescriptionStatus) -> bool:
        """Whether the patient has a prescription of that number; its status is then changed."""
        with self._lock:
            before = self._prescriptions[ipp]
            if all(item.id != number for item in before):
                return False
            self._prescriptions[ipp] = tuple(replace(p, status=status) if p.id == number else p for p in before)
            return True

    def add_prescription(self, ipp: str, drug: str, dose: str, route: str, frequency: str, prescriber: str) -> None:
        with self._lock:
            before = self._prescriptions[ipp]
            number = max(item.id for item in before) + 1000
            new = Prescription(number, drug, dose, route, frequency, "23/11 14:05", prescriber, "pending")
            self._prescriptions[ipp] = (*before, new)

    def notes(self, ipp: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._notes.get(ipp, ()))

    def add_note(self, ipp: str, text: str) -> None:
        with self._lock:
            self._notes.setdefault(ipp, []).append(text)
