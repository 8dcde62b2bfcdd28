"""What is to be known before a deploy, and the way back from it, noted where `smoke` finds it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from navconsole.i18n import mark as _
from navconsole.operations.findings import Finding
from navconsole.operations.git import Checkout, checkout_of
from navconsole.settings import KEY_FILE, ConsoleSettings
from navigation.store import files

NOTE = "deploy.json"
LOCAL = ".env.local"
LEAST_KEY = 32
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Note:
    """The commit that ran when the last `deploy-check` passed, with its checkout and schema."""

    commit: str
    repository: Path
    schema: str
    at: datetime


def checkout(repository: Path, data: Path) -> Iterator[Finding]:
    """Whether the code can be changed and changed back without touching data or secrets."""
    found = checkout_of(repository)
    if found is None:
        text = _("%(repository)s is no git checkout, so the way back is to install the former version again.")
        yield Finding("checkout", "note", text, {"repository": repository})
        return
    yield from _tracked(found, data)
    yield from _local_settings(found)
    changed = found.changed()
    if changed:
        text = _("Tracked files were changed here and not committed (%(files)s): a revert would stop at them. Commit "
                 "or undo those changes first.")  # fmt: skip
        yield Finding("changed", "failure", text, {"files": _some(changed)})
    text = _("If smoke fails after the deploy, the way back is to revert what came after commit %(commit)s. It is "
             "noted in %(note)s; “navconsole smoke” prints the commands. Never use git reset.")  # fmt: skip
    yield Finding("commit", "ok", text, {"commit": found.head(), "note": data / NOTE})


def _tracked(found: Checkout, data: Path) -> Iterator[Finding]:
    tracked = found.tracked_runtime(data)
    if tracked:
        text = _("Git tracks runtime data or secrets (%(files)s): the next pull or revert would overwrite them. Run "
                 "this, which leaves the files where they are, and commit: git rm --cached %(files)s")  # fmt: skip
        yield Finding("tracked", "failure", text, {"files": _some(tracked)})
    else:
        yield Finding("tracked", "ok", _("Git tracks no database, key or local setting."))


def _local_settings(found: Checkout) -> Iterator[Finding]:
    if not (found.top / LOCAL).exists():
        yield Finding("local", "note", _("There is no %(name)s in %(top)s."), {"name": LOCAL, "top": found.top})
    elif found.is_ignored(LOCAL):
        text = _("%(name)s is in %(top)s; git ignores it, and neither the deploy nor the way back touches it.")
        yield Finding("local", "ok", text, {"name": LOCAL, "top": found.top})
    else:
        text = _(
            "%(name)s is in %(top)s and git does not ignore it: it may be committed by mistake. Add it to .gitignore."
        )
        yield Finding("local", "failure", text, {"name": LOCAL, "top": found.top})


def unsafe_settings(settings: ConsoleSettings, env: Mapping[str, str]) -> Iterator[Finding]:
    """Each setting that a live server should not run with."""
    if settings.is_auth_disabled:
        yield Finding("auth", "failure", _("RPA_AUTH_DISABLED is set: everybody is administrator. Unset it."))
    if not settings.has_tls:
        yield Finding("tls", "failure", _("NAVCONSOLE_PUBLIC_URL names no https:// address: passwords and patients' "
                                          "screens would travel in clear, and cookies are not bound to the host. Put a "
                                          "proxy with TLS in front and name its address."))  # fmt: skip
    elif not settings.proxy:
        text = _("NAVCONSOLE_PROXY is not set, so the audit log will name the proxy as the source of every request.")
        yield Finding("proxy", "warning", text)
    if settings.dashboard_password:
        text = _("DASHBOARD_PASSWORD is still set. It only seeds the first administrator; take it out of %(name)s.")
        yield Finding("password", "warning", text, {"name": LOCAL})
    if "*" in "".join(settings.hosts):
        yield Finding("hosts", "failure", _("NAVCONSOLE_HOSTS must name each host; a star is none."))
    if len(set(settings.secret_key)) < LEAST_KEY // 3:
        yield Finding(
            "key", "failure", _("SECRET_KEY is easy to guess. Unset it to have one made, or draw a long one.")
        )
    elif env.get("SECRET_KEY") and (settings.data / KEY_FILE).exists():
        text = _(
            "SECRET_KEY is set and %(path)s exists as well: only the first counts. Remove the one you do not mean."
        )
        yield Finding("key", "warning", text, {"path": settings.data / KEY_FILE})
    else:
        yield Finding("key", "ok", _("There is a secret key of its own."))
    if settings.operations.purge_at is None:
        text = _(
            "NAVCONSOLE_PURGE_AT is not set: nothing is purged by age unless somebody runs “navconsole purge --yes”."
        )
        yield Finding("retention", "warning", text)


def note_commit(data: Path, repository: Path, schema: str) -> Note | None:
    """Write down what runs now, for the way back; None where there is no checkout."""
    found = checkout_of(repository)
    if found is None:
        return None
    note = Note(found.head(), found.top, schema, datetime.now(UTC))
    body = {"commit": note.commit, "repository": str(note.repository), "schema": schema, "at": note.at.isoformat()}
    files.write_durably(data, NOTE, json.dumps(body).encode())
    return note


def noted(data: Path) -> Note | None:
    """What was noted last; None where nothing was, or it cannot be read."""
    try:
        body = json.loads((data / NOTE).read_bytes())
        at = datetime.fromisoformat(body["at"])
        return Note(str(body["commit"]), Path(body["repository"]), str(body["schema"]), at)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _some(names: list[str]) -> str:
    shown = " ".join(names[:SHOWN])
    return f"{shown} …" if len(names) > SHOWN else shown
