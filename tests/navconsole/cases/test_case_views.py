"""The pages of cases and exports: one key from a label, sets, preview, the right and the reason, the record."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from navconsole.auth.sessions import SESSION_COOKIE
from navconsole.cases.files import KEPT_FOR, folder_of, note_progress, progress_of, remove_expired
from navconsole.cases.worker import ExportWorker
from navconsole.settings import ConsoleSettings
from navigation import Engine, Settings
from navigation.case_records import CaseCheck, StoredCase
from navigation.imaging import open_screenshot
from navigation.labels import Label
from navigation.records import AttemptFilter, ScreenshotMeta
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.navconsole.conftest import LintedClient, Login, console
from tests.navconsole.pages import session_for
from tests.navigation.packs.casemaking import noise_png

NOW = datetime.now(UTC)


def label(store: Store, attempt_id: str, answer: str = "right", **given: Any) -> None:
    store.add_labels([Label(f"l-{attempt_id}"[:36], attempt_id, "ann", "Ann", answer, NOW, **given)])  # type: ignore[arg-type]


def one_of(store: Store, outcome: Outcome, target: str = "") -> str:
    rows = store.list_attempts(AttemptFilter(outcomes=[outcome], target=target)).rows
    return rows[-1].id


def made(store: Store, client: LintedClient, attempt_id: str) -> StoredCase:
    label(store, attempt_id)
    assert client.submit(f"/cases/of/{attempt_id}", page="/password").status_code == 303
    case = store.case_of_attempt(attempt_id)
    assert case is not None
    return case


def actions(store: Store) -> Sequence[str]:
    return [event.action for _, event in store.audit_events()]


# --- from a label to a case -----------------------------------------------------------------------


def test_a_label_becomes_a_case_and_is_taken_back(store: Store, engineer: LintedClient, attempts: list[str]) -> None:
    attempt_id = one_of(store, Outcome.OK, "Se connecter")
    case = made(store, engineer, attempt_id)
    body = json.loads(case.body)
    assert body["expected"]["outcomes"] == ["ok"]
    assert body["target"]["text"] == "Se connecter"
    assert body["picture_after"]["id"]
    assert actions(store)[0] == "case_made"
    page = engineer.get(f"/attempts/{attempt_id}").text
    assert f'value="{case.id}"' in page
    answer = engineer.submit(f"/cases/of/{attempt_id}", page="/password", made=case.id)
    assert answer.status_code == 303
    assert store.case(case.id) is None
    assert actions(store)[0] == "case_removed"


def test_a_refusal_that_was_right_expects_a_refusal(store: Store, engineer: LintedClient, attempts: list[str]) -> None:
    body = json.loads(made(store, engineer, one_of(store, Outcome.ABSENT)).body)
    assert body["expected"] == {"boxes": [], "outcomes": ["absent", "low_confidence", "ambiguous"]}
    assert "picture_after" not in body


@pytest.mark.parametrize(
    ("outcome", "answer", "says"),
    [
        (Outcome.OCR_TIMEOUT, "right", "ended by its circumstances"),
        (Outcome.WRONG_PATIENT, "right", "whose record was open"),
        (Outcome.OK, "unsure", "nobody can tell"),
        (Outcome.OK, "wrong", "Point at the place first"),
        (Outcome.OK, None, "Nobody has labelled"),
    ],
)
def test_what_is_no_case_says_why(
    store: Store, engineer: LintedClient, attempts: list[str], outcome: Outcome, answer: str | None, says: str
) -> None:
    attempt_id = one_of(store, outcome)
    if answer:
        label(store, attempt_id, answer)
    refused = engineer.submit(f"/cases/of/{attempt_id}", page="/password")
    assert refused.status_code == 422
    assert says in refused.text
    assert store.case_of_attempt(attempt_id) is None


def test_the_part_of_the_page_comes_back_alone(store: Store, engineer: LintedClient, attempts: list[str]) -> None:
    attempt_id = one_of(store, Outcome.ABSENT)
    label(store, attempt_id)
    engineer.environ_base.update({"HTTP_HX_REQUEST": "true"})
    part = engineer.submit(f"/cases/of/{attempt_id}", page="/password", act="case-here")
    assert part.status_code == 200
    assert 'data-act="case-here"' in part.text
    assert "<html" not in part.text


# --- the list, one case, sets ---------------------------------------------------------------------


def test_without_cases_the_page_says_how_to_make_one(engineer: LintedClient, attempts: list[str]) -> None:
    assert "No case was made yet" in engineer.get("/cases").text


def test_cases_stand_in_a_list_and_in_sets(store: Store, engineer: LintedClient, attempts: list[str]) -> None:
    case = made(store, engineer, one_of(store, Outcome.OK, "Prescriptions"))
    path = f"/cases/{case.id}"
    assert engineer.submit(f"{path}/set", page=path, name="Mars").status_code == 303
    (named,) = store.case_sets(None)
    assert named.cases == 1
    page = engineer.get(f"/cases?set={named.id}").text
    assert path in page
    assert path not in engineer.get("/cases?state=green").text
    assert engineer.submit(f"{path}/set", page=path, out=named.id).status_code == 303
    assert store.case_sets(None)[0].cases == 0
    assert engineer.submit(f"{path}/set", page=path, set=named.id).status_code == 303
    assert engineer.submit(f"{path}/set", page=path, set="none").status_code == 400
    assert engineer.submit(f"/cases/sets/{named.id}/delete", page="/cases").status_code == 303
    assert store.case_sets(None) == []
    assert "case_set_deleted" in actions(store)


def test_a_case_of_another_application_does_not_exist(
    store: Store, engineer: LintedClient, login: Login, attempts: list[str]
) -> None:
    case = made(store, engineer, one_of(store, Outcome.OK, "Prescriptions"))
    other = login("engineer", applications=["another"], name="other")
    for path in (f"/cases/{case.id}", f"/cases/{case.id}/picture"):
        assert other.get(path).status_code == 404
    assert other.submit(f"/cases/{case.id}/remove", page="/password").status_code == 404
    assert case.id not in other.get("/cases").text
    assert store.case(case.id) is not None
    unmade = one_of(store, Outcome.ABSENT)
    label(store, unmade)
    assert other.submit(f"/cases/of/{unmade}", page="/password").status_code == 404
    assert other.submit(f"/cases/of/{case.attempt_id}", page="/password", made=case.id).status_code == 404
    assert (store.case_of_attempt(unmade), store.case(case.id)) == (None, case)


def test_a_red_run_reopens_the_case_with_its_picture(store: Store, engineer: LintedClient, attempts: list[str]) -> None:
    case = made(store, engineer, one_of(store, Outcome.OK, "Prescriptions"))
    picture = noise_png()
    shot = open_screenshot(picture)
    store.blobs.put_received(shot.image_id, picture, "png")
    store.add_screenshot(ScreenshotMeta(shot.image_id, 64, 32, "png", len(picture), "png", len(picture), NOW))
    store.add_checks([CaseCheck(case.id, False, "absent", "p.zip", "tesserocr/5", shot.image_id, NOW)])
    page = engineer.get(f"/cases/{case.id}").text
    assert "did not give the right answer" in page
    assert "p.zip" in page
    assert engineer.get(f"/cases/{case.id}/picture").data == picture
    assert engineer.submit(f"/cases/{case.id}/close", page=f"/cases/{case.id}").status_code == 303
    again = store.case(case.id)
    assert again is not None
    assert again.state == "new"
    assert actions(store)[0] == "case_closed"


# --- exports --------------------------------------------------------------------------------------


@pytest.fixture
def worker(store: Store, settings: ConsoleSettings) -> ExportWorker:
    return ExportWorker(store, settings, engine=lambda: Engine(Settings(readers=("tesserocr",))))


@pytest.fixture
def three(store: Store, engineer: LintedClient, attempts: list[str]) -> list[StoredCase]:
    """A press that can be masked, one that asks for a patient, and one whose label does not stand any more."""
    store.ensure_config({"thresholds": {"score": 0.9, "margin": 0.08, "anchor": 0.88}, "language": "fra"}, "a", "b")
    kept = made(store, engineer, one_of(store, Outcome.NEEDS_HUMAN))
    named = made(store, engineer, one_of(store, Outcome.OK, "Ouvrir"))
    gone = made(store, engineer, one_of(store, Outcome.ABSENT))
    store.undo_last(author_id=store.labels_of(gone.attempt_id)[-1].author_id, author="Ann", now=NOW)
    return [kept, named, gone]


def ask(client: LintedClient, path: str = "/cases/exports", **fields: str) -> str:
    answer = client.submit(path, page="/cases/exports", **fields)
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[1]


def test_an_export_is_looked_at_then_made_then_fetched(
    store: Store, engineer: LintedClient, worker: ExportWorker, three: list[StoredCase]
) -> None:
    export_id = ask(engineer, form="pack")
    path = f"/cases/exports/{export_id}"
    assert "being masked" in engineer.get(path).text
    worker.step()
    page = engineer.get(path).text
    assert "What it asks for may name a person." in page
    assert "Its label does not stand any more" in page
    assert three[1].id in page
    assert engineer.get(f"{path}/file").status_code == 404
    images = [part.split('"')[0] for part in page.split('src="')[1:] if part.startswith(path)]
    assert images
    with Image.open(io.BytesIO(engineer.get(images[0]).data)) as picture:
        assert picture.size == (1366, 768)
    assert engineer.submit(f"{path}/make", page=path).status_code == 303
    fetched = engineer.get(f"{path}/file")
    assert fetched.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as archive:
        names = [name for name in archive.namelist() if name.startswith("cases/")]
        manifest = json.loads(archive.read("manifest.json"))
    assert names == [f"cases/{three[0].id}.json"]
    assert manifest["pictures"] == "masked"
    logged = actions(store)
    assert [name for name in logged if name.startswith("export")] == ["export_fetched", "export_made", "export_asked"]


def test_an_export_in_the_making_shows_how_far_it_is(
    store: Store, engineer: LintedClient, worker: ExportWorker, settings: ConsoleSettings, three: list[StoredCase],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    export_id = ask(engineer, form="pack")
    path = f"/cases/exports/{export_id}"
    assert "<progress" not in engineer.get(path).text
    seen = []

    def note_and_look(data: Path, named: str, done: int, of: int) -> None:
        note_progress(data, named, done, of)
        seen.append(engineer.get(path).text)

    monkeypatch.setattr("navconsole.cases.worker.note_progress", note_and_look)
    worker.step()
    assert "1 of 2 cases" in seen[0]
    assert '<progress max="2" value="1"' in seen[0]
    assert "<progress" not in engineer.get(path).text


def test_half_a_word_of_progress_is_none(tmp_path: Path) -> None:
    assert progress_of(tmp_path, "x") is None
    note_progress(tmp_path, "x", 3, 40)
    assert progress_of(tmp_path, "x") == (3, 40)
    (tmp_path / "exports" / "x" / "progress").write_text("3")
    assert progress_of(tmp_path, "x") is None


def test_pictures_as_they_are_need_the_right_a_reason_and_a_word(
    store: Store, engineer: LintedClient, login: Login, worker: ExportWorker, three: list[StoredCase]
) -> None:
    assert "as they are" not in engineer.get("/cases/exports").text
    asked = engineer.submit("/cases/exports/unmasked", page="/cases/exports", reason="a good reason", confirm="yes")
    assert asked.status_code == 403
    admin = login("admin")
    for fields in ({"reason": "short", "confirm": "yes"}, {"reason": "a good reason"}):
        refused = admin.submit("/cases/exports/unmasked", page="/cases/exports", **fields)
        assert refused.status_code == 422
        assert "field-error" in refused.text
    assert store.exports() == []
    export_id = ask(admin, "/cases/exports/unmasked", reason="agreed with the DPO", confirm="yes")
    worker.step()
    found = store.export(export_id)
    assert found is not None
    assert (found.pictures, found.reason, found.cases) == ("original", "agreed with the DPO", 2)
    _, event = next((at, e) for at, e in store.audit_events() if e.action == "export_asked")
    assert event.details["reason"] == "agreed with the DPO"
    page = admin.get(f"/cases/exports/{export_id}").text
    image = next(part.split('"')[0] for part in page.split('src="')[1:] if part.startswith("/cases/exports"))
    assert admin.get(image).status_code == 200
    assert actions(store)[0] == "picture_viewed"


def test_an_export_is_its_author_s(store: Store, engineer: LintedClient, login: Login, three: list[StoredCase]) -> None:
    export_id = ask(engineer, form="json")
    other = login("engineer", name="other")
    assert other.get(f"/cases/exports/{export_id}").status_code == 404
    assert export_id not in other.get("/cases/exports").text
    assert login("admin").get(f"/cases/exports/{export_id}").status_code == 200
    limited = login("admin", applications=["another"], name="limited")
    assert limited.get(f"/cases/exports/{export_id}").status_code == 404


def test_an_export_holds_only_what_its_author_may_see(
    store: Store, login: Login, worker: ExportWorker, three: list[StoredCase]
) -> None:
    found = {}
    for application in (three[0].application, "another"):
        export_id = ask(login("engineer", applications=[application], name=f"of {application}"), form="json")
        worker.step()
        export = store.export(export_id)
        assert export is not None
        found[application] = export.cases, len(export.left)
    assert found == {three[0].application: (1, 2), "another": (0, 0)}


def test_one_json_file_holds_no_picture_and_nobody(
    store: Store, engineer: LintedClient, worker: ExportWorker, three: list[StoredCase]
) -> None:
    export_id = ask(engineer, form="json")
    worker.step()
    path = f"/cases/exports/{export_id}"
    engineer.submit(f"{path}/make", page=path)
    text = engineer.get(f"{path}/file").text
    assert [case["id"] for case in json.loads(text)["cases"]] == [three[0].id]
    assert "MARTIN" not in text


def test_the_worker_prepares_by_itself_until_it_is_closed(
    store: Store, engineer: LintedClient, settings: ConsoleSettings, three: list[StoredCase]
) -> None:
    export_id = ask(engineer, form="json")
    worker = ExportWorker(store, settings, every_s=0.02)
    worker.start()
    until = time.monotonic() + 20
    while (export := store.export(export_id)) and export.state == "asked" and time.monotonic() < until:
        time.sleep(0.02)
    worker.close()
    assert export is not None
    assert export.state == "prepared"
    later = ask(engineer, form="json")
    time.sleep(0.2)
    waiting = store.export(later)
    assert waiting is not None
    assert waiting.state == "asked"


def test_a_file_is_fetched_from_a_folder_that_is_named_from_here(
    store: Store,
    settings: ConsoleSettings,
    worker: ExportWorker,
    three: list[StoredCase],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(settings.data.parent)
    client: Any = console(replace(settings, data=Path(settings.data.name)), store).test_client()
    client.set_cookie(SESSION_COOKIE, session_for(store, "engineer"))
    path = f"/cases/exports/{ask(client, form='json')}"
    worker.step()
    client.submit(f"{path}/make", page=path)
    assert len(json.loads(client.get(f"{path}/file").text)["cases"]) == 1


@pytest.mark.parametrize("is_made", [False, True], ids=["looked at", "made"])
def test_files_are_removed_after_a_day(
    store: Store,
    engineer: LintedClient,
    worker: ExportWorker,
    settings: ConsoleSettings,
    three: list[StoredCase],
    is_made: bool,
) -> None:
    export_id = ask(engineer, form="json")
    worker.step()
    path = f"/cases/exports/{export_id}"
    if is_made:
        engineer.submit(f"{path}/make", page=path)
        assert engineer.get(f"{path}/file").status_code == 200
    folder = folder_of(settings.data, export_id)
    assert folder.is_dir()
    almost = datetime.now(UTC) + KEPT_FOR - timedelta(minutes=5)
    assert remove_expired(store, settings.data, almost) == 0
    assert remove_expired(store, settings.data, almost + timedelta(minutes=10)) == 1
    assert not folder.exists()
    export = store.export(export_id)
    assert export is not None
    assert export.state == "removed"
    assert [one["text"] for one in export.left] == ["", ""]
    assert engineer.get(f"{path}/file").status_code == 404


def test_files_that_no_export_names_are_removed_and_others_stay(
    store: Store, engineer: LintedClient, worker: ExportWorker, settings: ConsoleSettings, three: list[StoredCase]
) -> None:
    """As they lie there when a backup from before the export was brought back."""
    kept = folder_of(settings.data, ask(engineer, form="json"))
    worker.step()
    unnamed = folder_of(settings.data, "01a208bc-eb62-71f0-815f-d6af5f678ccb")
    unnamed.mkdir()
    (unnamed / "cases.zip").write_bytes(b"of an export that the record does not know")
    worker.step()
    assert (unnamed.exists(), kept.is_dir()) == (False, True)


def test_an_export_can_be_removed_at_once(
    store: Store, engineer: LintedClient, worker: ExportWorker, settings: ConsoleSettings, three: list[StoredCase]
) -> None:
    export_id = ask(engineer, form="json")
    worker.step()
    path = f"/cases/exports/{export_id}"
    assert engineer.submit(f"{path}/remove", page=path).status_code == 303
    assert not folder_of(settings.data, export_id).exists()
    assert actions(store)[0] == "export_removed"
    assert engineer.submit(f"{path}/make", page="/cases/exports").status_code == 404


def test_what_a_form_may_not_say_is_refused(engineer: LintedClient, three: list[StoredCase]) -> None:
    for fields in ({"form": "exe"}, {"set": "none"}, {"vouched": "x" * 300}):
        assert engineer.submit("/cases/exports", page="/cases/exports", **fields).status_code == 422


def test_an_export_that_fails_says_so(
    store: Store, engineer: LintedClient, settings: ConsoleSettings, three: list[StoredCase]
) -> None:
    from navigation.errors import OcrUnavailableError

    def none() -> Engine:
        raise OcrUnavailableError("tesserocr", "gone")

    export_id = ask(engineer, form="pack")
    ExportWorker(store, settings, engine=none).step()
    assert "The export failed" in engineer.get(f"/cases/exports/{export_id}").text


def test_the_list_gives_part_after_part(
    store: Store, engineer: LintedClient, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from navconsole.cases import views

    monkeypatch.setattr(views, "PAGE", 1)
    ids = {made(store, engineer, one_of(store, o)).id for o in (Outcome.ABSENT, Outcome.AMBIGUOUS)}
    first = engineer.get("/cases").text
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = engineer.get(following).text
    shown = [{case_id for case_id in ids if f'href="/cases/{case_id}"' in page} for page in (first, second)]
    assert [len(one) for one in shown] == [1, 1]
    assert shown[0] | shown[1] == ids
