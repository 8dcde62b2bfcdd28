"""Saved views of the list over HTTP."""

import re

import pytest

from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login


def test_a_view_is_saved_shared_and_removed(login: Login, store: Store, attempts: list[str]) -> None:
    anne, bob = login("engineer", name="anne"), login("viewer", name="bob")
    address = "?outcome=absent&sort=score"
    saved = anne.submit("/attempts/views", "/attempts", name="Missing", address=address, shared="1")
    assert (saved.status_code, saved.location) == (303, "/attempts" + address)
    assert 'href="/attempts?outcome=absent&amp;sort=score"' in bob.get("/attempts").text
    assert "shared by anne" in bob.get("/attempts").text
    person = store.user_by_name("anne")
    assert person
    (view,) = store.saved_views(person.id)
    assert store.audit_events(object_id=view.id)[0][1].action == "view_saved"
    assert bob.submit(f"/attempts/views/{view.id}/delete", "/attempts", address="").status_code == 404
    assert anne.submit(f"/attempts/views/{view.id}/delete", "/attempts", address=address).status_code == 303
    assert store.saved_views(person.id) == []
    assert [event.action for _, event in store.audit_events(object_id=view.id)] == ["view_deleted", "view_saved"]


def test_the_view_that_is_shown_is_marked(engineer: LintedClient) -> None:
    for name, address in (("Missing", "?outcome=absent"), ("Good", "?outcome=ok")):
        engineer.submit("/attempts/views", "/attempts", name=name, address=address)
    marked = re.findall(r'aria-current="true">(\w+)</a>', engineer.get("/attempts?outcome=ok").text)
    assert marked == ["Good"]


def test_a_viewer_keeps_views_but_does_not_share_them(login: Login, store: Store) -> None:
    bob = login("viewer", name="bob")
    bob.submit("/attempts/views", "/attempts", name="Mine", address="?outcome=ok", shared="1")
    person = store.user_by_name("bob")
    assert person
    assert [view.is_shared for view in store.saved_views(person.id)] == [False]


def test_a_shared_view_of_another_application_is_not_shown(login: Login) -> None:
    anne = login("engineer", name="anne")
    for name, address in (("Secret", "?application=secret"), ("Everything", ""), ("Ours", "?application=dpi-urgences")):
        anne.submit("/attempts/views", "/attempts", name=name, address=address, shared="1")
    page = login("viewer", applications=["dpi-urgences"]).get("/attempts").text
    assert "Ours" in page
    assert "Secret" not in page
    assert "Everything" not in page


@pytest.mark.parametrize(
    "form", [{"name": ""}, {"name": "x" * 61}, {"name": "x", "address": "?outcome=great"}, {"address": "?"}], ids=str
)
def test_a_view_that_cannot_be_kept_is_refused(engineer: LintedClient, form: dict[str, str]) -> None:
    assert engineer.submit("/attempts/views", "/attempts", **form).status_code == 400
