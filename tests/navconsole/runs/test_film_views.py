import re
from datetime import UTC, datetime

import pytest

from navconsole.runs import context
from navigation.ids import new_id
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login
from tests.seeding import add_run

SCENE = re.compile(r'<li class="scene fam-(\w+)" id="([0-9a-f-]{36})"')


def run_of(store: Store, attempt_id: str) -> str:
    attempt = store.attempt(attempt_id)
    assert attempt
    return attempt.start.run_id


def test_a_film_tells_every_attempt_of_the_run_in_order(
    engineer: LintedClient, store: Store, attempts: list[str]
) -> None:
    page = engineer.get(f"/runs/{run_of(store, attempts[0])}").text
    assert [attempt for _, attempt in SCENE.findall(page)] == attempts
    assert f'data-after="/attempts/{attempts[2]}/after.webp"' in page
    assert "17 steps" in page
    assert page.count("<rect class=") >= 17


def test_a_long_run_is_shown_in_parts(
    engineer: LintedClient, store: Store, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "PART", 10)
    run = run_of(store, attempts[0])
    first = engineer.get(f"/runs/{run}").text
    following = re.search(rf'href="(/runs/{run}\?after=\d+)"', first)
    assert [attempt for _, attempt in SCENE.findall(first)] == attempts[:10]
    assert following
    assert [attempt for _, attempt in SCENE.findall(engineer.get(following[1]).text)] == attempts[10:]


@pytest.mark.parametrize("place", [0, 9, 10, 16])
def test_the_part_that_holds_an_attempt_is_found(
    engineer: LintedClient, store: Store, attempts: list[str], monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(context, "PART", 10)
    page = engineer.get(f"/runs/{run_of(store, attempts[0])}?with={attempts[place]}").text
    assert attempts[place] in [attempt for _, attempt in SCENE.findall(page)]


def test_a_run_without_attempts_says_so(engineer: LintedClient, store: Store) -> None:
    run = add_run(store, "dpi", has_patient=False, at=datetime.now(UTC))
    assert "This run has no attempts yet" in engineer.get(f"/runs/{run}").text


def test_a_run_of_another_application_does_not_exist(login: Login, store: Store, attempts: list[str]) -> None:
    client = login("viewer", applications=["another"])
    assert client.get(f"/runs/{run_of(store, attempts[0])}").status_code == 404
    assert client.get(f"/runs/{new_id()}").status_code == 404
    assert client.get("/runs/x").status_code == 404


@pytest.mark.parametrize("bad", ["after=-1", "after=x", "after=" + "9" * 18])
def test_a_bad_place_in_the_run_is_refused(engineer: LintedClient, store: Store, attempts: list[str], bad: str) -> None:
    assert engineer.get(f"/runs/{run_of(store, attempts[0])}?{bad}").status_code == 400


def test_a_film_without_a_session_comes_back_after_the_login(stranger: LintedClient) -> None:
    assert stranger.get(f"/runs/{new_id()}").status_code == 303
