"""`navconsole export` and `navconsole import`: there and back, all or nothing, twice does once."""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from navconsole.cases.files import WHY_LEFT
from navconsole.cases.making import case_for
from navconsole.cli import main
from navconsole.tuning.looking import audited_for, samples_for
from navigation.case_records import CaseFilter, StoredCase
from navigation.cases import EngineSaid
from navigation.evidence import gather
from navigation.ids import new_id
from navigation.labels import Label
from navigation.packs.foreign import FILES, foreign_members
from navigation.packs.writing import write_members, write_pack
from navigation.records import AttemptFilter, User
from navigation.store import open_store
from navigation.store.protocol import Store
from navigation.types import Box, Outcome
from tests import screens
from tests.navigation.packs.casemaking import MANIFEST, a_case, a_pack, noise_png, pictures_of, three_cases

NOW = datetime.now(UTC)
Run = Callable[..., Result]
ANN = User("ann", "Ann", "engineer", None, None, False, True, None, NOW)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    monkeypatch.setenv("OCR_READERS", "tesserocr")

    def invoke(command: str, *arguments: Any, data: Path = tmp_path) -> Result:
        return CliRunner().invoke(main, [command, "--data", str(data), *map(str, arguments)])

    return invoke


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The data folder of another installation."""
    return tmp_path / "other"


def opened(folder: Path) -> Iterator[Store]:
    store = open_store(folder / "navconsole.db")
    yield store
    store.close()


def made(store: Store, outcome: Outcome, target: str = "") -> StoredCase:
    attempt_id = store.list_attempts(AttemptFilter(outcomes=[outcome], target=target)).rows[-1].id
    store.add_labels([Label(new_id(), attempt_id, "ann", "Ann", "right", NOW)])
    attempt = store.attempt(attempt_id)
    assert attempt is not None
    case = case_for(store, attempt, ANN, NOW)
    assert isinstance(case, StoredCase)
    return store.put_case(case)


def count(folder: Path) -> tuple[int, int, int]:
    """Cases, attempts and files of pictures of an installation."""
    for store in opened(folder):
        files = [path for path in (folder / "screenshots").rglob("*") if path.is_file() and "thumbs" not in path.parts]
        cases = sum(store.count_cases(CaseFilter()).values())
        return cases, store.count_attempts(AttemptFilter()).total, len(files)
    raise AssertionError


def test_cases_go_out_masked_and_come_in_elsewhere(
    run: Run, store: Store, attempts: list[str], other: Path, tmp_path: Path
) -> None:
    store.ensure_config({"thresholds": {"score": 0.9, "margin": 0.08, "anchor": 0.88}, "language": "fra"}, "a", "b")
    kept, named = made(store, Outcome.NEEDS_HUMAN), made(store, Outcome.OK, "Ouvrir")
    done = run("export", tmp_path / "out.zip", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["cases"] == 1
    assert [(one["id"], one["why"]) for one in said["left"]] == [(named.id, "personal_asked")]
    assert "MARTIN" not in done.output
    assert store.audit_events()[0][1].action == "cases_exported"
    assert run("import", tmp_path / "out.zip", data=other).exit_code == 0
    for there in opened(other):
        case = there.case(kept.id)
        assert case is not None
        assert case.source == "import"
        attempt = there.attempt(case.attempt_id)
        assert attempt is not None
        assert attempt.start.before_id != store.attempt(kept.attempt_id).start.before_id  # type: ignore[union-attr]
    again = run("import", tmp_path / "out.zip")
    assert "Cases brought in: 0, with new pictures: 0; here already: 1" in again.output
    assert run("export", tmp_path / "out.zip").exit_code == 1


def test_a_preview_shows_what_would_leave_and_makes_no_file_of_cases(
    run: Run, store: Store, attempts: list[str], tmp_path: Path
) -> None:
    store.ensure_config({"thresholds": {"score": 0.9, "margin": 0.08, "anchor": 0.88}, "language": "fra"}, "a", "b")
    kept, named = made(store, Outcome.NEEDS_HUMAN), made(store, Outcome.OK, "Ouvrir")
    look = tmp_path / "look"
    done = run("export", "--preview", look)
    assert done.exit_code == 0, done.output
    assert f"1 case would go out; no file of cases was made. Open {look / 'index.html'}" in done.output
    assert sorted(path.name for path in look.iterdir()) == ["images", "index.html", "preview.css"]
    page = (look / "index.html").read_text()
    assert kept.id in page
    assert named.id in page.split("What stays behind")[1]
    assert "MARTIN" not in page
    assert look.stat().st_mode & 0o077 == 0
    out = tmp_path / "out"
    assert run("export", out, "--format", "folder").exit_code == 0
    leaving = {path.name: path.read_bytes() for path in (out / "images").iterdir()}
    assert {path.name: path.read_bytes() for path in (look / "images").iterdir()} == leaving
    assert all(f'href="images/{name}"' in page for name in leaving)
    assert [event.action for _, event in store.audit_events(limit=2)] == ["cases_exported", "cases_previewed"]


def test_a_preview_is_of_masked_pictures_in_a_new_folder_and_nothing_else(run: Run, tmp_path: Path) -> None:
    assert run("export").exit_code == 2
    assert run("export", tmp_path / "out.zip", "--preview", tmp_path / "look").exit_code == 2
    assert run("export", "--preview", tmp_path / "look", "--unmasked", "--reason", "x").exit_code == 2
    assert run("export", "--preview", tmp_path / "look", "--format", "json").exit_code == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    assert run("export", "--preview", tmp_path / "full").exit_code == 1
    assert not (tmp_path / "look").exists()


def test_pictures_as_they_are_need_a_reason_which_is_logged(
    run: Run, store: Store, attempts: list[str], tmp_path: Path
) -> None:
    store.ensure_config({"thresholds": {"score": 0.9}}, "a", "b")
    made(store, Outcome.OK, "Ouvrir")
    assert run("export", tmp_path / "out", "--unmasked").exit_code == 2
    assert run("export", tmp_path / "out", "--reason", "x").exit_code == 2
    assert not (tmp_path / "out").exists()
    done = run("export", tmp_path / "out", "--format", "folder", "--unmasked", "--reason", "agreed with the DPO")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "test_navcases.py").is_file()
    event = store.audit_events()[0][1]
    assert event.actor == f"shell:{getpass.getuser()}"
    assert event.details["reason"] == "agreed with the DPO"
    assert event.details["pictures"] == "original"


@pytest.mark.parametrize("form", ["pack", "folder", "json", *FILES])
def test_every_form_comes_back(run: Run, store: Store, attempts: list[str], tmp_path: Path, form: str) -> None:
    store.ensure_config({"thresholds": {"score": 0.9}}, "a", "b")
    case = made(store, Outcome.OK, "Prescriptions")
    out = tmp_path / ("out.json" if form == "json" else "out")
    asked = () if form == "json" else ("--unmasked", "--reason", "agreed with the DPO")
    done = run("export", out, "--format", form, *asked)
    assert done.exit_code == 0, done.output
    found = run("import", out, "--json")
    assert json.loads(found.output)["known"] == 1, found.output
    assert store.case(case.id) == case


def test_an_import_is_marked_as_one_and_labelled_by_who_brings_it(run: Run, other: Path, tmp_path: Path) -> None:
    said = EngineSaid(Outcome.OK, "ocr", 0.97, 0.2, (10, 10))
    cases = [*three_cases(), a_case("told", engine=said, text="Se connecter !")]
    done = run("import", a_pack(tmp_path / "p.zip", cases), data=other)
    assert done.exit_code == 0, done.output
    for store in opened(other):
        case = store.case("login-submit")
        assert case is not None
        attempt = store.attempt(case.attempt_id)
        assert attempt is not None
        assert attempt.finish is not None
        assert (attempt.finish.outcome, attempt.finish.reason["code"]) == (Outcome.INTERRUPTED, "imported")
        run_of = store.run(attempt.start.run_id)
        assert run_of is not None
        assert (run_of.agent, run_of.workflow) == ("import", "drawn")
        (label,) = store.labels_of(case.attempt_id)
        assert (label.author, label.answer, label.place, label.source) == (
            getpass.getuser(), "unsure", "box", "pointed",
        )  # fmt: skip
        absent, told = store.case("login-none"), store.case("told")
        assert absent is not None
        assert told is not None
        assert store.labels_of(absent.attempt_id)[0].place == "absent"
        assert store.labels_of(told.attempt_id)[0].answer == "wrong"
        assert store.samples() == []


def test_the_engine_answers_imported_cases_when_asked(run: Run, other: Path, tmp_path: Path) -> None:
    done = run("import", a_pack(tmp_path / "p.zip"), "--judge", data=other)
    assert done.exit_code == 0, done.output
    for store in opened(other):
        rows = store.list_attempts(AttemptFilter()).rows
        assert {(row.target_text, row.outcome, row.label) for row in rows} == {
            ("Se connecter", Outcome.OK, "right"),
            ("Identifiant", Outcome.OK, "right"),
            ("Clôturer le passage", Outcome.ABSENT, "right"),
        }
        assert all(row.score is not None for row in rows if row.outcome is Outcome.OK)


def test_a_simulated_audit_is_marked_as_one(run: Run, other: Path, tmp_path: Path) -> None:
    """And is evidence only for who asks for simulated evidence: no certificate is made of it."""
    assert run("import", a_pack(tmp_path / "p.zip"), "--simulated-audit", "--judge", data=other).exit_code == 0
    for store in opened(other):
        (sample,) = store.samples()
        assert sample.asked["simulated"] is True
        assert store.sample_progress(sample.id, None).given == 3
        assert list(audited_for(store, "dpi", "")) == []
        found = gather(audited_for(store, "dpi", "", simulated=True))
        assert sorted(len(case.truth.boxes) for case in found.cases) == [0, 1, 1]
        assert len({case.unit.key for case in found.cases}) == 3
        assert samples_for(store, "dpi", "") == []


def test_of_several_right_places_the_label_names_the_one_that_was_pressed(
    run: Run, other: Path, tmp_path: Path
) -> None:
    boxes = (Box(10, 10, 40, 20), Box(483, 456, 400, 38))
    said = EngineSaid(Outcome.OK, "ocr", 0.97, 0.3, (600, 470))
    cases = [a_case("pressed", boxes=boxes, engine=said), a_case("unknown", boxes=boxes)]
    write_pack(tmp_path / "p.zip", MANIFEST, cases, pictures_of(screens.login))
    assert run("import", tmp_path / "p.zip", data=other).exit_code == 0
    for store in opened(other):
        labels = {case.id: store.labels_of(case.attempt_id)[0] for case in store.cases(CaseFilter())}
        assert {name: (label.answer, label.box) for name, label in labels.items()} == {
            "pressed": ("right", boxes[1]),
            "unknown": ("unsure", boxes[0]),
        }


@pytest.mark.parametrize("fault", ["picture", "case", "store"])
def test_a_refused_import_changes_nothing(
    run: Run, other: Path, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", a_pack(tmp_path / "first.zip", three_cases()[:1]), data=other)
    before = count(other)
    pictures = pictures_of(screens.login, screens.board)
    board = a_case("more", text="Motif", boxes=(), picture=next(d for i, d in pictures.items() if i != _login_id()))
    cases = [board, *three_cases()]
    if fault == "picture":
        pictures[board.picture.id] = noise_png()
    elif fault == "case":
        cases.append(a_case("login-SUBMIT2", text="x", boxes=()))
        cases[1] = a_case(text="Autre bouton")
    else:
        from navigation.errors import StoreFullError
        from navigation.store import listing_in

        def full(*_: Any) -> None:
            raise StoreFullError("full")

        monkeypatch.setattr(listing_in, "put_lines", full)
    write_pack(tmp_path / "p.zip", MANIFEST, cases, pictures)
    done = run("import", tmp_path / "p.zip", data=other)
    assert done.exit_code == 1
    assert count(other) == before


def _login_id() -> str:
    return three_cases()[0].picture.id


def test_cases_without_pictures_need_pictures_that_are_here(run: Run, other: Path, tmp_path: Path) -> None:
    run("import", a_pack(tmp_path / "p.zip"), data=other)
    done = run("export", tmp_path / "cases.json", "--format", "json", data=other)
    assert done.exit_code == 0, done.output
    nowhere = run("import", tmp_path / "cases.json", data=tmp_path / "third")
    assert nowhere.exit_code == 1
    assert "Import it with its pictures" in nowhere.output


def test_foreign_cases_get_the_application_that_is_given(run: Run, other: Path, tmp_path: Path) -> None:
    members = list(foreign_members("coco", MANIFEST, three_cases(), pictures_of(screens.login)))
    value = json.loads(members[0][1])
    del value["navcases"]
    write_members(tmp_path / "coco", [("coco.json", json.dumps(value).encode()), *members[1:]])
    done = run("import", tmp_path / "coco", "--application", "dpi-test", data=other)
    assert done.exit_code == 0, done.output
    for store in opened(other):
        assert store.known_applications(None) == ["dpi-test"]


def test_results_reopen_a_case(run: Run, store: Store, attempts: list[str], tmp_path: Path) -> None:
    import base64

    case = made(store, Outcome.OK, "Prescriptions")
    results = [
        {"id": case.id, "right": False, "outcome": "absent", "picture": base64.b64encode(noise_png()).decode()},
        {"id": "elsewhere", "right": True, "outcome": "ok"},
    ]
    value = {"format": "navcases-results/1", "pack": "p.zip", "made_at": NOW.isoformat(), "results": results}
    (tmp_path / "r.json").write_text(json.dumps(value))
    done = run("import", tmp_path / "r.json")
    assert "Results noted: 1; cases re-opened: 1; of cases that are not here: 1" in done.output
    again = store.case(case.id)
    assert again is not None
    assert again.state == "reopened"
    assert again.picture_id is not None
    assert store.blobs.read(again.picture_id)[0] == noise_png()
    value["results"][0]["picture"] = base64.b64encode(b"<svg onload='x'/>").decode()  # type: ignore[index]
    (tmp_path / "r.json").write_text(json.dumps(value))
    assert run("import", tmp_path / "r.json").exit_code == 1


def test_what_is_no_file_of_cases_is_said_in_one_sentence(run: Run, other: Path, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no")
    for path, says in ((tmp_path / "x.zip", "is not a whole zip archive"), (tmp_path / "none", "no file or folder")):
        done = run("import", path, data=other)
        assert done.exit_code == 1
        assert says in done.output
        assert "Traceback" not in done.output


def test_the_shell_speaks_french(run: Run, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "fr")
    assert "Cas importés : 3" in run("import", a_pack(tmp_path / "p.zip"), data=other).output
    assert "Importer des cas" in run("import", "--help").output
    assert run("export", tmp_path / "o.zip", "--set", "x", data=other).output.startswith("Il n’y a pas de jeu")
    shutil.rmtree(other)


def test_a_file_that_cannot_be_written_is_said_in_one_sentence(
    run: Run, store: Store, attempts: list[str], tmp_path: Path
) -> None:
    store.ensure_config({"thresholds": {"score": 0.9}}, "a", "b")
    made(store, Outcome.OK, "Prescriptions")
    (tmp_path / "file").touch()
    done = run("export", tmp_path / "file" / "cases.json", "--format", "json")
    assert done.exit_code == 1
    assert "cannot be written" in done.output
    assert "Traceback" not in done.output


def test_every_reason_for_staying_behind_has_a_sentence() -> None:
    from typing import get_args

    from navigation.packs.masking import Left

    assert set(get_args(Left)) <= WHY_LEFT.keys()
