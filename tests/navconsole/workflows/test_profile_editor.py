"""A profile made on the page without scripts: drawn up, tried, refused where it is wrong, stored as a version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from werkzeug.test import TestResponse

from navconsole.workflows import trial
from navconsole.workflows.desk import desk_from_json
from navigation.flows import Terms, void_reasons
from navigation.records import AttemptFilter, AuditEvent
from navigation.settings import Thresholds
from navigation.store.protocol import Store
from navigation.workflow_records import NewFile
from navigation.workflows.drafts import Draft, DraftScreen, Line
from navigation.workflows.files import parse
from navigation.workflows.model import Profile
from tests.navconsole.conftest import HTMX, LintedClient, Login
from tests.navconsole.review.sending import send
from tests.seeding import seed

APPLICATION = "dpi-urgences"
EDIT = f"/workflows/profiles/{APPLICATION}/edit"
PROFILE = f"""\
profile: {APPLICATION}
screens:
  login: {{present: [Identifiant, Mot de passe]}}
  board: {{present: Patients présents}}
targets:
  enter: {{text: Se connecter}}
"""
WORKFLOW = f"workflow: tour\napplication: {APPLICATION}\nsteps:\n  - {{navigate: enter, before: login}}\n"
FILED = AuditEvent("ann", "workflow_added")

pytestmark = pytest.mark.usefixtures("attempts")

Say = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def _nothing_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_kept", trial._Kept())


@pytest.fixture
def say(engineer: LintedClient, store: Store) -> Say:
    """say("choose", mode="present", phrase="…") presses a button of the page; `on` is the newest capture at first."""
    newest = store.captures(APPLICATION)[0].attempt_id
    return lambda act, **fields: send(engineer, EDIT, act=act, **{"on": newest, **fields})


def add(store: Store, text: str) -> int:
    kind = "profile" if text.startswith("profile") else "workflow"
    file = (
        NewFile("profile", APPLICATION, "", text)
        if kind == "profile"
        else NewFile("workflow", APPLICATION, "tour", text)
    )
    ((version, _),) = store.add_files([file], author="Ann", at=datetime.now(UTC), event=FILED)
    return version.id


def draft_in(store: Store) -> Draft:
    kept = store.profile_draft(store.users()[0].id, APPLICATION)
    assert kept is not None
    return desk_from_json(kept.body).draft


def login_screen(store: Store) -> str:
    """An attempt on the log-in page."""
    return next(row.id for row in store.list_attempts(AttemptFilter()).rows if row.target_text == "Se connecter")


def drawn_up(say: Say, on: str) -> TestResponse:
    for text in ("Identifiant", "Mot de passe"):
        say("choose", on=on, mode="present", phrase=text)
    return say("choose", on=on, mode="target", phrase="Se connecter")


def test_a_profile_is_drawn_up_tried_and_stored(say: Say, engineer: LintedClient, store: Store) -> None:
    on = login_screen(store)
    answer = drawn_up(say, on)
    assert (answer.status_code, answer.location) == (303, f"{EDIT}?on={on}")
    page = engineer.get(answer.location).text
    assert "The picture is recognised as identifiant." in page
    assert "Save as version 1" in page
    tried = engineer.get(f"{EDIT}?try=1").text
    assert "captures that no screen of the draft recognises" in tried
    assert store.newest_file("profile", APPLICATION) is None
    stored = say("save", on=on, note="first one")
    newest = store.newest_file("profile", APPLICATION)
    assert newest is not None
    assert (stored.status_code, stored.location) == (303, f"/workflows/profiles/{newest.id}")
    assert (newest.version, newest.author, newest.text.startswith("# first one\n")) == (1, "the engineer", True)
    said = parse(newest.text).said
    assert isinstance(said, Profile)
    assert said.screens["identifiant"].present == {"": ("Identifiant", "Mot de passe")}
    assert list(said.targets) == ["se-connecter"]
    logged = [event for _, event in store.audit_events() if event.action == "workflow_added"]
    assert [(one.object_kind, one.object_id, one.details["version"]) for one in logged] == [("profile", APPLICATION, 1)]
    assert "Give up the draft" not in engineer.get(EDIT).text


def test_a_draft_survives_and_is_each_persons_own(say: Say, engineer: LintedClient, login: Login, store: Store) -> None:
    add(store, PROFILE)
    values = {"screen": "0", "screen.was": "login", "screen.name": "entrée", "present": ["Identifiant"], "patient": ""}
    say("keep", **values, **{"present.language": [""]})
    page = engineer.get(EDIT).text
    assert 'value="entrée"' in page
    assert "is still missing or wrong" in page
    other = login("admin").get(EDIT).text
    assert "entrée" not in other
    say("restart")
    assert "entrée" not in engineer.get(EDIT).text


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(say: Say, store: Store) -> None:
    add(store, PROFILE)
    values = {"screen": "0", "screen.was": "login", "screen.name": "pas un nom", "present": "x" * 210, "patient": ""}
    answer = say("save", **values, **{"present.language": ""})
    assert answer.status_code == 422
    assert 'id="screens-0-name-error"' in answer.text
    assert ("x" * 210) in answer.text
    values |= {"screen.was": "pas un nom", "screen.name": "entree"}
    answer = say("save", **values, **{"present.language": ""})
    assert 'id="screens-0-present-0-error"' in answer.text
    assert 'value="entree"' in answer.text
    newest = store.newest_file("profile", APPLICATION)
    assert newest is not None
    assert newest.version == 1


def test_a_stored_workflow_that_the_draft_breaks_is_named(say: Say, store: Store) -> None:
    add(store, PROFILE)
    add(store, WORKFLOW)
    say("open-target:0")
    say("remove-target")
    answer = say("save")
    assert answer.status_code == 422
    assert ">tour</a>: The profile of dpi-urgences has no target “enter”." in answer.text


def test_the_same_again_or_nothing_is_no_version(say: Say, store: Store) -> None:
    assert "Nothing is in the draft yet" in say("save").text
    add(store, PROFILE + "# a comment\n")
    say("restart")
    answer = say("save", note="only a note")
    assert (answer.status_code, "The draft says the same as version 1" in answer.text) == (422, True)


def test_who_stores_meanwhile_is_shown_and_nothing_is_lost(say: Say, engineer: LintedClient, store: Store) -> None:
    add(store, PROFILE)
    say("choose", on=login_screen(store), mode="target", phrase="Identifiant")
    add(store, PROFILE.replace("Patients présents", "Urgences"))
    answer = say("save")
    assert answer.status_code == 409
    assert "Somebody stored version 2 meanwhile" in answer.text
    assert "Urgences" in answer.text
    assert "identifiant" in answer.text
    assert len(store.file_versions("profile", APPLICATION)) == 2
    say("rebase")
    assert say("save").status_code == 303
    newest = store.newest_file("profile", APPLICATION)
    assert newest is not None
    assert (newest.version, "identifiant" in newest.text) == (3, True)


def test_a_text_like_a_patients_is_stored_only_when_somebody_says_that_it_is_none(say: Say, store: Store) -> None:
    add(store, PROFILE)
    values = {"screen": "0", "screen.was": "login", "screen.name": "login", "patient": ""}
    values |= {"present": "MARTIN Jeanne", "present.language": ""}
    refused = say("save", **values)
    assert refused.status_code == 422
    assert "A text looks like a patient" in refused.text
    assert "is-personal" in refused.text
    assert say("save", **values, confirmed="1").status_code == 303


def test_a_text_read_in_the_banner_looks_like_a_patients(say: Say, engineer: LintedClient, store: Store) -> None:
    on = login_screen(store)
    say("choose", on=on, mode="present", phrase="Identifiant")
    assert "A text looks like a patient" not in engineer.get(EDIT, query_string={"on": on}).text
    say("point", on=on, mode="banner", box="0,0,1,1")
    assert "A text looks like a patient" in engineer.get(EDIT, query_string={"on": on}).text


def test_pointing_takes_what_stands_there(say: Say, store: Store) -> None:
    on = login_screen(store)
    attempt = store.attempt(on)
    assert attempt is not None
    page = store.pages_of(attempt.start.before_id)[-1]
    phrase = next(phrase for phrase in page.phrases if phrase.text == "Mot de passe")
    box = phrase.box
    sides = (box.x / page.size.width, box.y / page.size.height, box.w / page.size.width, box.h / page.size.height)
    say("point", on=on, mode="absent", box=",".join(f"{side:.6f}" for side in sides))
    assert draft_in(store).screens == (DraftScreen("mot-de-passe", (), (Line("Mot de passe"),)),)
    for wrong in ("", "0,0,1", "0,0,1,2", "a,b,c,d", "nan,0,1,1"):
        assert say("point", on=on, mode="absent", box=wrong).status_code == 400
    assert say("point", on=on, mode="unheard", box="0,0,1,1").status_code == 400


def test_an_attempts_picture_is_shown_and_another_applications_is_not(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    newest = store.captures(APPLICATION)[0].attempt_id
    assert f"/attempts/{attempts[0]}/before.webp" in engineer.get(f"{EDIT}?on={attempts[0]}").text
    (other,) = seed(store, application="other")[:1]
    assert f"/attempts/{newest}/before.webp" in engineer.get(f"{EDIT}?on={other}").text


def test_on_another_picture_the_screen_that_it_is_opens_or_none(say: Say, engineer: LintedClient, store: Store) -> None:
    add(store, PROFILE)
    on = login_screen(store)
    other = next(row.id for row in store.list_attempts(AttemptFilter()).rows if row.screen == "Second facteur")
    assert 'name="screen.was" value="login"' in engineer.get(f"{EDIT}?on={on}").text
    assert "A screen begins with it" in engineer.get(f"{EDIT}?on={other}").text
    say("open-screen:0", on=other)
    assert 'name="screen.was" value="login"' in engineer.get(f"{EDIT}?on={other}").text
    say("choose", on=on, mode="present", phrase="Mot de passe", screen="")
    assert [screen.name for screen in draft_in(store).screens] == ["login", "board", "mot-de-passe"]


def test_two_entries_of_one_name_are_told_and_not_tried(say: Say, engineer: LintedClient, store: Store) -> None:
    add(store, PROFILE)
    values = {"screen": "0", "screen.was": "login", "screen.name": "board", "present": "Identifiant"}
    say("keep", **values, **{"present.language": ""})
    assert "two entries have one name" in engineer.get(f"{EDIT}?try=1").text
    assert 'id="screens-1-name-error"' not in say("save").text
    say("open-screen:1")
    assert 'id="screens-1-name-error"' in say("save").text


def test_a_new_version_voids_what_a_clinician_signed(say: Say, store: Store) -> None:
    add(store, PROFILE)
    signed = Terms(1, store.profile_version(APPLICATION))
    say("choose", on=login_screen(store), mode="target", phrase="Identifiant")
    assert void_reasons(signed, Terms(1, store.profile_version(APPLICATION))) == ()
    say("save")
    assert void_reasons(signed, Terms(1, store.profile_version(APPLICATION))) == ("profile",)


def test_a_trial_goes_on_where_it_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said = parse(PROFILE).said
    assert isinstance(said, Profile)
    captures = store.captures(APPLICATION)

    def go_on(seconds: float) -> trial.Trial:
        return trial.go_on(store, APPLICATION, (PROFILE, said), None, Thresholds(), for_s=seconds)

    monkeypatch.setattr(trial, "_AT_ONCE", 2)
    first = go_on(0)
    assert (first.tally.count, first.left, first.total) == (2, len(captures) - 2, len(captures))
    whole = go_on(60)
    assert (whole.left, whole.unread, whole.captures) == (0, 0, captures)
    login = next(one for one in whole.tally.screens if one.name == "login")
    on_login = {number for number, one in enumerate(captures) if one.screen == "Connexion"}
    assert on_login
    assert on_login <= set(login.recognised)
    monkeypatch.setattr(trial, "try_page", None)  # all is known by now
    assert go_on(60) == whole


def test_what_the_version_in_use_recognised_is_missed(store: Store, say: Say, engineer: LintedClient) -> None:
    add(store, PROFILE)
    say("remove-screen")
    page = engineer.get(f"{EDIT}?try=1").text
    assert "recognised before and" in page


def test_the_file_is_shown_with_what_it_changes(say: Say, engineer: LintedClient, store: Store) -> None:
    add(store, f"{PROFILE}# by hand\n")
    assert "wf-added" not in engineer.get(EDIT).text
    say("choose", on=login_screen(store), mode="target", phrase="Identifiant")
    page = engineer.get(EDIT).text
    assert "What it changes in version 1" in page
    assert "<code>    text: Identifiant</code>" in page
    assert "wf-removed" not in page


def test_parts_of_the_page_are_swapped(engineer: LintedClient, store: Store) -> None:
    add(store, PROFILE)
    kept = send(engineer, EDIT, is_fragment=True, act="keep", note="x")
    assert (kept.headers["HX-Retarget"], "<html" in kept.text, 'id="live"' in kept.text) == ("#live", False, True)
    tried = send(engineer, EDIT, is_fragment=True, act="try")
    assert (tried.headers["HX-Retarget"], 'id="trial"' in tried.text) == ("#trial", True)
    assert 'id="draft"' in send(engineer, EDIT, is_fragment=True, act="open-screen:1").text
    assert 'id="trial"' in engineer.get(EDIT.replace("/edit", "/trial"), headers=HTMX).text


def test_the_page_is_reached_from_where_people_are(engineer: LintedClient, store: Store) -> None:
    assert f'href="{EDIT}"' in engineer.get("/workflows").text
    profile = add(store, PROFILE)
    assert f'href="{EDIT}"' in engineer.get(f"/workflows/profiles/{profile}").text
    on = login_screen(store)
    assert f'href="{EDIT}?on={on}"' in engineer.get(f"/attempts/{on}").text


def test_without_captures_and_profile_there_is_nothing_to_make(engineer: LintedClient, login: Login) -> None:
    assert engineer.get("/workflows/profiles/unheard/edit").status_code == 404
    assert login("engineer", applications=["other"], name="ben").get(EDIT).status_code == 404
