"""What engineers see of workflows: versions, steps with where they lead, and what changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from navconsole.workflows.context import DiffLine, build_list, build_version, difference
from navigation.records import AuditEvent, User
from navigation.store.protocol import Store
from navigation.workflow_records import NewFile
from tests.navconsole.conftest import LintedClient, Login
from tests.navigation.workflows.writing import LOGIN, PROFILE, TOP, workflow_text

STEPS = (
    LOGIN
    + """\
- {name: open, navigate: open, before: board, near: MARTIN, on: {absent: {goto: end}, ambiguous: {hand_over: again}}}
- {name: end, ask_human: 'Fini ?'}
"""
)


def add(store: Store, *texts: str) -> list[int]:
    files = [
        NewFile("profile", "dpi", "", text) if text.startswith("profile") else NewFile("workflow", "dpi", "tour", text)
        for text in texts
    ]
    event = AuditEvent("ann", "workflow_added")
    return [version.id for version, _ in store.add_files(files, author="Ann", at=datetime.now(UTC), event=event)]


@pytest.fixture
def ids(store: Store) -> list[int]:
    """A profile, a workflow, and its second version."""
    return add(store, PROFILE, workflow_text(STEPS), workflow_text(STEPS.replace("MARTIN", "DURAND")))


def reader(applications: list[str] | None = None) -> User:
    return User("u", "Ann", "engineer", applications, None, False, True, None, datetime.now(UTC))


def test_each_application_is_listed_with_its_newest_versions(store: Store, ids: list[int]) -> None:
    (listed,) = build_list(store, reader())
    assert (listed.application, listed.profile.version if listed.profile else 0) == ("dpi", 1)
    assert [(file.name, file.version, steps) for file, steps in listed.workflows] == [("tour", 2, 7)]
    assert build_list(store, reader(["other"])) == []


def test_a_version_is_shown_with_what_changed_since_the_one_before(store: Store, ids: list[int]) -> None:
    shown = build_version(store, "workflow", ids[2], None)
    assert shown is not None
    assert shown.is_newest
    assert shown.against is not None
    assert shown.against.version == 1
    marks = [(line.mark, "DURAND" in line.text) for line in shown.difference if line.mark in ("added", "removed")]
    assert marks == [("removed", False), ("added", True)]
    first = build_version(store, "workflow", ids[1], None)
    assert first is not None
    assert (first.against, first.is_newest) == (None, False)
    assert build_version(store, "workflow", 99, None) is None


def test_only_lines_that_differ_and_their_neighbours_are_shown() -> None:
    before = "\n".join(f"line {number}" for number in range(12))
    found = difference(before, before.replace("line 6", "line six"))
    assert found[0] == DiffLine("gap", "")
    assert [line.text for line in found[1:]] == ["line 4", "line 5", "line 6", "line six", "line 7", "line 8"]
    assert difference(before, before) == []


def test_the_pages_say_what_a_step_does_and_where_it_leads(engineer: LintedClient, ids: list[int]) -> None:
    index = engineer.get("/workflows").text
    assert f'href="/workflows/{ids[2]}"' in index
    page = engineer.get(f"/workflows/{ids[2]}").text
    assert "the secret DPI" in page
    assert 'href="#step-end"' in page
    assert "hand over to a person" in page
    assert "Fini ?" in page
    profile = engineer.get(f"/workflows/profiles/{ids[0]}").text
    assert "secret field" in profile
    assert "Se connecter" in profile


def test_two_versions_are_compared_on_request(engineer: LintedClient, ids: list[int]) -> None:
    page = engineer.get(f"/workflows/{ids[1]}?against=2").text
    assert "What changed since version 2" in page
    assert engineer.get(f"/workflows/{ids[1]}?against=x").status_code == 200


def test_workflows_of_another_application_do_not_exist(login: Login, ids: list[int]) -> None:
    client = login("engineer", applications=["other"])
    assert client.get(f"/workflows/{ids[1]}").status_code == 404
    assert "tour" not in client.get("/workflows").text


def test_without_any_the_page_says_how_to_add_one(engineer: LintedClient) -> None:
    assert "navconsole workflows add" in engineer.get("/workflows").text


def test_the_top_of_the_file_is_shown_as_text(engineer: LintedClient, store: Store) -> None:
    (_, workflow) = add(store, PROFILE, workflow_text("- {navigate: open, near: '<b>x</b>'}\n", top=TOP))
    assert "<b>x</b>" not in engineer.get(f"/workflows/{workflow}").text
