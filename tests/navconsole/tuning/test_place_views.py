"""The pages of remembered places: what is shown to whom, what people decide with a reason, what is learned anew."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from PIL import Image
from werkzeug.datastructures import MultiDict

from navconsole.settings import ConsoleSettings
from navconsole.tuning.place_forms import PlaceQuery, parse_query
from navconsole.tuning.places import line_of, place_of_run
from navigation.ids import new_id
from navigation.labels import Label
from navigation.place_records import PlaceFilter, RememberedPlace
from navigation.settings import CachePolicy
from navigation.store.protocol import Store
from tests.navconsole.conftest import LintedClient, Login
from tests.remembering import remember_attempts

PAGE = "/tuning/places"
EVER = PlaceFilter(datetime(1970, 1, 1, tzinfo=UTC))


@pytest.fixture
def places(store: Store, attempts: list[str]) -> list[RememberedPlace]:
    return remember_attempts(store)


@pytest.fixture
def submit(places: list[RememberedPlace], store: Store) -> RememberedPlace:
    """The place of a press that landed: "Se connecter" on the log-in screen."""
    return next(place for place in places if place.target_text == "Se connecter")


def now_of(store: Store, place: RememberedPlace) -> RememberedPlace:
    found = store.place(place.id)
    assert found is not None
    return found


def decide(client: LintedClient, place: RememberedPlace, act: str, *, reason: str = "Parce que", seen: str = "") -> int:
    address = f"{PAGE}/{place.id}"
    return client.submit(address, act=act, reason=reason, seen=seen or place.seen).status_code


# --- what is shown ------------------------------------------------------------------------------------


def test_places_stand_by_screen_with_their_picture_and_their_record(
    engineer: LintedClient, store: Store, places: list[RememberedPlace]
) -> None:
    page = engineer.get(PAGE).text
    for place in places:
        assert f'src="{PAGE}/{place.id}/patch.png"' in page
        assert place.target_text in page
    assert page.index("Connexion") < page.index("Dossier")
    assert "0 hits" in page
    assert "known since today" in page
    assert page.count('class="card screen-group"') == len({place.screen_signature for place in places})
    assert page.count("definition ") == 2  # of "Dossier", which two kinds of attempts tell by other texts


def test_before_anything_is_remembered_the_page_says_what_fills_it(engineer: LintedClient) -> None:
    page = engineer.get(PAGE).text
    assert "Nothing is remembered yet" in page
    assert "Filters" not in page


def test_filters_stand_in_the_address(engineer: LintedClient, store: Store, submit: RememberedPlace) -> None:
    decide(engineer, submit, "quarantine")
    page = engineer.get(f"{PAGE}?state=quarantined").text
    assert page.count('<li class="place-row') == 1
    assert "Se connecter" in page
    assert f'href="{PAGE}"' in page  # the chip that is chosen leads back
    page = engineer.get(f"{PAGE}?application=dpi-urgences&screen=Dossier").text
    assert "Se connecter" not in page
    assert '<option value="Dossier" selected>' in page
    assert "No such place" in engineer.get(f"{PAGE}?state=pinned").text


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ([], PlaceQuery()),
        ([("state", "old"), ("state", "pinned"), ("state", "nonsense")], PlaceQuery(states=("pinned", "old"))),
        ([("screen", "a")], PlaceQuery()),
        ([("application", "x"), ("screen", "é a"), ("page", "2")], PlaceQuery("x", "é a", page=2)),
        ([("page", "-1")], PlaceQuery()),
        ([("page", "٣")], PlaceQuery()),
    ],
)
def test_an_address_is_read_back_as_it_is_written(asked: list[tuple[str, str]], query: PlaceQuery) -> None:
    assert parse_query(MultiDict(asked)) == query
    again = MultiDict(parse_qsl(urlsplit(query.address(page=query.page)).query))
    assert parse_query(again) == query
    assert query.toggled("old").count("state=") == len({*query.states} ^ {"old"})
    assert "page" not in query.address()


def test_a_place_has_its_time_line_between_the_limit_and_now() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    policy = CachePolicy(max_age_days=100)
    days = timedelta(days=1)

    def place(created: int, verified: int) -> RememberedPlace:
        fields = {"id": 1, "application": "a", "screen": "s", "screen_signature": "", "target_text": "t",
                  "target_kind": "clickable", "target_key": "", "size": None, "scale": 1.0, "profile_version": 0,
                  "box": None, "revision": "", "hits": 0, "misses": 0, "contradictions": 0, "quarantined_at": None,
                  "pinned_at": None}  # fmt: skip
        return RememberedPlace(created_at=now - created * days, last_verified_at=now - verified * days, **fields)  # type: ignore[arg-type]

    line = line_of(place(50, 0), policy, now)
    assert line.verified == 1
    assert line.limit < line.created < line.verified  # type: ignore[operator]
    old = line_of(place(500, 110), policy, now)
    assert old.created == 0
    assert 0 < old.verified < old.limit  # type: ignore[operator]


def test_the_patch_is_what_is_remembered_and_each_view_is_on_record(
    engineer: LintedClient, store: Store, submit: RememberedPlace
) -> None:
    answer = engineer.get(f"{PAGE}/{submit.id}/patch.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    shown = np.asarray(Image.open(io.BytesIO(answer.data)))
    assert shown.shape[0] >= submit.box.h
    ((_, event),) = store.audit_events()
    assert (event.action, event.object_kind, event.object_id) == ("place_viewed", "place", str(submit.id))


# --- who may see what ---------------------------------------------------------------------------------


def test_of_other_applications_nothing_is_shown(login: Login, store: Store, places: list[RememberedPlace]) -> None:
    some = login("engineer", applications=["labo"])
    assert "Nothing is remembered yet" in some.get(PAGE).text
    assert "Se connecter" not in some.get(f"{PAGE}?application=dpi-urgences").text
    for path in (f"{PAGE}/{places[0].id}", f"{PAGE}/{places[0].id}/patch.png", f"{PAGE}/{2**64}"):
        assert some.get(path).status_code == 404
    assert "Nothing to try a policy on" in some.get(f"{PAGE}/trials").text
    assert store.audit_events() == []


# --- what people decide -------------------------------------------------------------------------------


def test_each_act_takes_effect_and_keeps_its_reason(
    engineer: LintedClient, store: Store, submit: RememberedPlace
) -> None:
    for act, word in (("pin", "pinned"), ("quarantine", "put aside"), ("release", "put back"), ("unpin", "no longer")):
        assert decide(engineer, now_of(store, submit), act, reason=f"Raison de {act}") == 303
        page = engineer.get(f"{PAGE}/{submit.id}").text
        assert word in page
        assert f"Raison de {act}" in page
    place = now_of(store, submit)
    assert (place.pinned_at, place.quarantined_at) == (None, None)
    answer = engineer.submit(f"{PAGE}/{submit.id}", act="forget", reason="Retiré", seen=place.seen)
    assert answer.location == f"{PAGE}?application=dpi-urgences&screen=Connexion"
    assert store.place(submit.id) is None
    told = [event.action for _, event in store.audit_events() if event.action != "place_viewed"]
    assert told == ["place_forget", "place_unpin", "place_release", "place_quarantine", "place_pin"]
    assert store.audit_events()[0][1].details == {"application": "dpi-urgences", "screen": "Connexion"}


@pytest.mark.parametrize(("act", "reason"), [("pin", " "), ("pin", "x" * 501), ("explode", "why"), ("", "why")])
def test_an_act_without_a_reason_or_unknown_is_told_and_nothing_is_done(
    engineer: LintedClient, store: Store, submit: RememberedPlace, act: str, reason: str
) -> None:
    assert decide(engineer, submit, act, reason=reason) == 422
    assert now_of(store, submit) == submit
    assert store.place_changes(submit) == []


def test_of_two_at_once_the_later_one_is_told_and_keeps_what_was_typed(
    engineer: LintedClient, store: Store, submit: RememberedPlace
) -> None:
    decide(engineer, submit, "pin")
    answer = engineer.submit(f"{PAGE}/{submit.id}", act="forget", reason="La mienne", seen=submit.seen)
    assert answer.status_code == 409
    assert "meanwhile" in answer.text
    assert 'value="La mienne"' in answer.text
    assert f'value="{now_of(store, submit).seen}"' in answer.text  # what is decided next is decided on this
    assert store.place(submit.id) is not None


# --- learning anew ------------------------------------------------------------------------------------


def rebuild(client: LintedClient, place: RememberedPlace, attempt: str, reason: str = "Relu") -> int:
    fields = {"attempt": attempt, "reason": reason, "seen": place.seen}
    return client.submit(f"{PAGE}/{place.id}/rebuild", f"{PAGE}/{place.id}", **fields).status_code


def test_a_place_is_learned_anew_from_a_verified_attempt_as_the_engine_does(
    engineer: LintedClient, store: Store, submit: RememberedPlace, attempts: list[str]
) -> None:
    verified = attempts[2]  # the log-in that landed
    decide(engineer, submit, "quarantine")
    page = engineer.get(f"{PAGE}/{submit.id}").text
    assert f'src="/attempts/{verified}/thumb"' in page
    assert page.count('type="radio"') == 1  # not the one that was refused
    assert rebuild(engineer, now_of(store, submit), verified) == 303
    place, detail = now_of(store, submit), store.attempt(verified)
    assert detail is not None
    assert detail.finish is not None
    assert (place.quarantined_at, place.last_verified_at) == (None, detail.finish.finished_at)
    assert place.revision != submit.revision
    expected = place_of_run(store, detail)
    shown = np.asarray(Image.open(io.BytesIO(store.place_patch(place.id) or b"")))
    assert expected is not None
    assert np.array_equal(shown, expected.patch)
    newest = next(event for _, event in store.audit_events() if event.action == "place_rebuild")
    assert newest.details["attempt"] == verified


@pytest.mark.parametrize("which", [11, 2, 0, -1])
def test_only_what_was_verified_on_this_target_is_learned_from(
    engineer: LintedClient, store: Store, submit: RememberedPlace, attempts: list[str], which: int
) -> None:
    """Refused log-in; one that people call wrong; another target; nothing chosen."""
    if which == 2:
        store.add_labels([Label(new_id(), attempts[2], "bob", "Bob", "wrong", datetime.now(UTC))])
        assert "people call them wrong" in engineer.get(f"{PAGE}/{submit.id}").text
    chosen = attempts[which] if which >= 0 else ""
    assert rebuild(engineer, submit, chosen) == (400 if chosen else 422)
    assert now_of(store, submit) == submit


def test_learning_anew_needs_a_reason_and_what_one_has_seen(
    engineer: LintedClient, store: Store, submit: RememberedPlace, attempts: list[str]
) -> None:
    assert rebuild(engineer, submit, attempts[2], reason="") == 422
    decide(engineer, submit, "pin")
    assert rebuild(engineer, submit, attempts[2]) == 409
    assert now_of(store, submit).revision == submit.revision


def test_a_lost_picture_is_told(
    engineer: LintedClient, settings: ConsoleSettings, store: Store, submit: RememberedPlace, attempts: list[str]
) -> None:
    detail = store.attempt(attempts[2])
    assert detail is not None
    for file in settings.data.rglob(f"{detail.start.before_id}*"):
        file.unlink()
    with pytest.raises(FileNotFoundError):
        store.blobs.read(detail.start.before_id)
    answer = engineer.submit(
        f"{PAGE}/{submit.id}/rebuild", f"{PAGE}/{submit.id}", attempt=attempts[2], reason="Relu", seen=submit.seen
    )
    assert answer.status_code == 422
    assert "picture is gone" in answer.text
