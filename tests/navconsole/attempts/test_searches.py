"""Searches are on record with their fields; what was typed only as hashes that the key's owner can look for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from navconsole.attempts.searches import PURPOSE, text_hash
from navconsole.cli import main
from navconsole.settings import ConsoleSettings
from navigation.store.protocol import Store
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.navconsole.review.sending import send

TYPED = "Zéphyrine Dupont-Martel"


def searched(store: Store) -> list[tuple[str, dict[str, Any]]]:
    events = [event for _, event in store.audit_events() if event.action == "searched"]
    return [(event.object_kind, dict(event.details)) for event in reversed(events)]


def test_a_search_is_on_record_with_its_fields_and_no_typed_text(
    login: Login, store: Store, settings: ConsoleSettings, attempts: list[str], tmp_path: Path
) -> None:
    client = login("viewer", name="anne")
    client.get("/attempts", query_string={"q": f'outcome:absent score<0.9 target:"{TYPED}" "{TYPED}" zéphyrine'})
    ((where, details),) = searched(store)
    key = settings.subkey(PURPOSE)
    whole = text_hash(TYPED, key)
    assert where == "attempts"
    assert details == {
        "outcome": ["absent"],
        "score_max": "<90",
        "target": [whole],
        "q": [whole, text_hash("ZEPHYRINE", key)],
    }
    anne = store.user_by_name("anne")
    assert anne
    assert store.audit_events(limit=1)[0][1].actor == anne.id
    for file in tmp_path.rglob("nav*"):
        kept = file.read_bytes().lower() if file.is_file() else b""
        assert "zéphyrine".encode() not in kept
        assert b"dupont-martel" not in kept


@pytest.mark.parametrize("name", ["application", "screen", "target", "reviewer"])
def test_no_field_that_may_hold_any_text_is_kept_in_clear(
    engineer: LintedClient, store: Store, attempts: list[str], name: str
) -> None:
    text = "the engineer" if name == "reviewer" else TYPED
    engineer.get("/attempts", query_string={name: text})
    ((_, details),) = searched(store)
    assert text not in str(details)
    assert details[name][0].startswith("#")


def test_opening_the_list_its_further_pages_and_its_news_are_no_searches(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    for path in ("/attempts", "/attempts?view=groups&sort=score", "/attempts/news?after=1&outcome=absent"):
        engineer.get(path)
    engineer.get("/attempts?outcome=absent&cursor=next-99")
    engineer.get("/attempts?outcome=great")  # refused: nothing was searched
    assert searched(store) == []


def test_parts_of_pages_the_triage_and_samples_are_searches_too(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    engineer.get("/attempts?q=abc", headers=HTMX)
    engineer.get("/review/triage?outcome=absent")
    send(engineer, "/review/audit", name="March", by="none", size="2", double="0", outcome="absent")
    assert [where for where, _ in searched(store)] == ["attempts", "triage", "sample"]


def test_another_installation_hashes_otherwise() -> None:
    one, other = (ConsoleSettings(data=Path("."), secret_key=letter * 40).subkey(PURPOSE) for letter in "ab")
    assert text_hash(TYPED, one) != text_hash(TYPED, other)


def test_the_shell_finds_who_searched_for_a_word(
    login: Login, store: Store, attempts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    login("viewer", name="anne").get("/attempts", query_string={"q": f'"{TYPED}"'})
    login("viewer", name="bob").get("/attempts", query_string={"q": "autre"})
    asked = ["audit", "searches", "--data", str(tmp_path)]
    found = CliRunner().invoke(main, asked, input=f"{TYPED.upper()}\n")
    assert found.exit_code == 0
    assert "anne" in found.stdout
    assert "bob" not in found.stdout
    assert store.audit_events(limit=1)[0][1].action == "audit_read"
