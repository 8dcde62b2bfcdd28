"""People: listed, added, changed, disabled, reset. Each change asks for the administrator's own password."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from navconsole.admin.forms import named
from navconsole.auth.passwords import hash_password
from navconsole.auth.sessions import SESSION_COOKIE
from navigation.records import User
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login, english

PASSWORD = "quatre lampes bleues"
HASH = hash_password(PASSWORD)
EVERY = {"role": "viewer", "reach": "every", "applications": ""}


@pytest.fixture
def admin(app: Flask, store: Store) -> LintedClient:
    user = store.add_user(name="claire", role="admin", password_hash=HASH)
    store.open_session(user.id, "claire", datetime.now(UTC), "10.0.0.1")
    client = english(app.test_client())
    client.set_cookie(SESSION_COOKIE, "claire")
    return client


@pytest.fixture
def paul(store: Store) -> User:
    return store.add_user(name="paul", role="engineer", password_hash=HASH)


@pytest.fixture
def pauls(app: Flask, store: Store, paul: User) -> LintedClient:
    store.open_session(paul.id, "paul", datetime.now(UTC), "10.9.9.9")
    client = english(app.test_client())
    client.set_cookie(SESSION_COOKIE, "paul")
    return client


def last_event(store: Store, user: User) -> str:
    return store.audit_events(object_id=user.id)[0][1].action


def test_everybody_is_listed_with_role_applications_and_way_in(admin: LintedClient, store: Store, paul: User) -> None:
    store.add_user(name="hélène", role="clinician", password_hash=None, applications=["dpi", "labo"])
    store.put_second_factor(paul.id, "sealed", step=0, code_hashes=[], now=datetime.now(UTC))
    store.set_active(store.add_user(name="jean", role="viewer", password_hash=None).id, False)
    page = admin.get("/admin/people").text
    lines = {name: page.split(f">{name}</a>")[1].split("</tr>")[0] for name in ("claire", "paul", "hélène", "jean")}
    assert "administrator" in lines["claire"]
    assert "second factor" in lines["paul"]
    assert "dpi, labo" in lines["hélène"]
    assert "by link only" in lines["hélène"]
    assert "disabled" in lines["jean"]


def test_somebody_is_added_and_comes_in_by_the_link_shown(
    admin: LintedClient, stranger: LintedClient, store: Store
) -> None:
    fields = {"role": "clinician", "reach": "only", "applications": " dpi \n\nlabo\ndpi"}
    answer = admin.submit("/admin/people", name="Hélène", password=PASSWORD, **fields)
    assert answer.status_code == 200
    user = store.user_by_name("hélène")
    assert user
    assert (user.role, user.applications) == ("clinician", ["dpi", "labo"])
    link = re.search(r"http://127\.0\.0\.1:5005(/link/[\w-]+)", answer.text)
    assert link
    assert stranger.submit(link[1]).status_code == 303
    assert stranger.get("/flows").status_code == 200
    events = [(e.actor, e.action) for _, e in store.audit_events(object_id=user.id)]
    assert [action for _, action in events] == ["link", "link_made", "user_added"]
    assert "command line" not in dict(events)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Fill in this field."),
        ({"name": "PAUL"}, "an account with this name already"),
        ({"name": "50% a\u202eb"}, "1 to 100 visible characters"),
        ({"role": "root"}, "Choose one of these."),
        ({"reach": "only"}, "Name at least one application"),
        ({"reach": "only", "applications": "a\u202eb"}, "cannot be seen"),
        ({"reach": "only", "applications": "\n".join(map(str, range(201)))}, "more than 200"),
        ({"password": "not the right one"}, "This is not your password."),
        ({"password": ""}, "This is not your password."),
    ],
)
def test_what_cannot_be_used_is_said_keeps_what_was_typed_and_adds_nobody(
    admin: LintedClient, store: Store, paul: User, fields: dict[str, str], said: str
) -> None:
    answer = admin.submit("/admin/people", **({"name": "hélène", "password": PASSWORD} | EVERY | fields))
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{fields.get("name", "hélène")}"' in answer.text
    assert store.count_users() == 2
    assert PASSWORD not in answer.text


def test_new_rights_hold_at_once_and_end_the_sessions(
    admin: LintedClient, store: Store, paul: User, pauls: LintedClient
) -> None:
    page = f"/admin/people/{paul.id}"
    fields = {"role": "viewer", "reach": "only", "applications": "dpi"}
    assert pauls.get("/attempts").status_code == 200
    refused = admin.submit(f"{page}/rights", page, password="not the right one", **fields)
    assert refused.status_code == 422
    assert "This is not your password." in refused.text
    assert store.user(paul.id) == paul
    assert admin.submit(f"{page}/rights", page, password=PASSWORD, **fields).status_code == 303
    changed = store.user(paul.id)
    assert changed
    assert (changed.role, changed.applications) == ("viewer", ["dpi"])
    assert pauls.get("/attempts").status_code == 303
    _, event = store.audit_events(object_id=paul.id)[0]
    assert (event.action, event.details) == ("rights_changed", {"role": "viewer", "applications": ["dpi"]})


def test_the_last_administrator_stays_one(admin: LintedClient, store: Store) -> None:
    claire = store.user_by_name("claire")
    assert claire
    page = f"/admin/people/{claire.id}"
    for path, fields in ((f"{page}/rights", EVERY), (f"{page}/access", {"do": "disable"})):
        answer = admin.submit(path, page, password=PASSWORD, **fields)
        assert answer.status_code == 409
        assert "last administrator" in answer.text
    assert store.user(claire.id) == claire


def test_a_disabled_account_is_out_at_once_and_may_be_enabled(
    admin: LintedClient, store: Store, paul: User, pauls: LintedClient, stranger: LintedClient
) -> None:
    page = f"/admin/people/{paul.id}"
    assert admin.submit(f"{page}/access", page, do="disable", password=PASSWORD).status_code == 303
    assert last_event(store, paul) == "user_disabled"
    assert pauls.get("/attempts").status_code == 303
    assert stranger.submit("/login", name="paul", password=PASSWORD).status_code == 401
    assert "Enable the account" in admin.get(page).text
    admin.submit(f"{page}/access", page, do="enable", password=PASSWORD)
    assert stranger.submit("/login", name="paul", password=PASSWORD).status_code == 303


def test_a_reset_password_is_set_anew_by_the_link(
    admin: LintedClient, store: Store, paul: User, pauls: LintedClient, stranger: LintedClient
) -> None:
    page = f"/admin/people/{paul.id}"
    answer = admin.submit(f"{page}/access", page, do="reset_password", password=PASSWORD)
    link = re.search(r"http://127\.0\.0\.1:5005(/link/[\w-]+)", answer.text)
    assert link
    assert pauls.get("/attempts").status_code == 303
    assert stranger.submit("/login", name="paul", password=PASSWORD).status_code == 401
    stranger.submit(link[1])
    new = "sept vaches vertes"
    assert stranger.submit("/password", new=new, again=new).status_code == 303
    assert [e.action for _, e in store.audit_events(object_id=paul.id)[:4]] == [
        "password_changed",
        "link",
        "link_made",
        "password_reset",
    ]


def test_a_second_factor_is_taken_away(admin: LintedClient, store: Store, paul: User, pauls: LintedClient) -> None:
    page = f"/admin/people/{paul.id}"
    assert "Take the second factor away" not in admin.get(page).text
    store.put_second_factor(paul.id, "sealed", step=0, code_hashes=["a"], now=datetime.now(UTC))
    admin.submit(f"{page}/access", page, do="remove_factor", password=PASSWORD)
    assert store.second_factor(paul.id) is None
    assert last_event(store, paul) == "second_factor_removed"
    assert pauls.get("/attempts").status_code == 303


@pytest.mark.parametrize("do", ["disable", "reset_password", "remove_factor"])
def test_nothing_is_done_without_the_password_nor_what_is_unknown(
    admin: LintedClient, store: Store, paul: User, pauls: LintedClient, do: str
) -> None:
    page = f"/admin/people/{paul.id}"
    answer = admin.submit(f"{page}/access", page, do=do, password="not the right one")
    assert answer.status_code == 422
    assert "This is not your password." in answer.text
    assert admin.submit(f"{page}/access", page, do="promote", password=PASSWORD).status_code == 400
    assert pauls.get("/attempts").status_code == 200
    assert store.user(paul.id) == paul


def test_sessions_of_anybody_are_listed_and_ended(
    admin: LintedClient, store: Store, paul: User, pauls: LintedClient
) -> None:
    page = f"/admin/people/{paul.id}"
    assert "10.9.9.9" in admin.get(page).text
    admin.submit(f"{page}/sessions", page)
    assert pauls.get("/attempts").status_code == 303
    assert "not logged in anywhere" in admin.get(page).text
    assert last_event(store, paul) == "sessions_ended"


def test_an_administrator_without_a_password_sets_one_first(login: Login, paul: User) -> None:
    client = login("admin")
    page = f"/admin/people/{paul.id}"
    answer = client.submit(f"{page}/access", page, do="disable", password="")
    assert answer.status_code == 422
    assert "Set one under your account first" in answer.text


@pytest.mark.parametrize("user_id", ["nobody", "01a208bc-eb62-71f0-815f-d6af5f678ccb"])
def test_nobody_under_an_unknown_id(admin: LintedClient, user_id: str) -> None:
    assert admin.get(f"/admin/people/{user_id}").status_code == 404
    for act in ("rights", "access", "sessions"):
        assert admin.submit(f"/admin/people/{user_id}/{act}", "/admin/people").status_code == 404


def test_names_are_taken_one_a_line() -> None:
    assert named("  dpi \r\n\r\nlabo, imagerie\ndpi\n") == ["dpi", "labo, imagerie"]
    assert named(None) == []
