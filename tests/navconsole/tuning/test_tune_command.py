"""`navconsole tune`, from the plan to the certificate and its end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navconsole.tuning.grids import parse_axis
from navigation.records import AttemptFilter
from navigation.store import open_store
from tests.navconsole.tuning.audited import label_all, ready, sought
from tests.navigation.pages import page_of

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 90 attempts, each at a target of its own; made once, each test gets a copy."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    store = open_store(folder / "navconsole.db")
    run_id = ready(store)
    for number in range(90):
        sought(store, run_id, number)
    store.close()
    return folder


@pytest.fixture
def data(tmp_path: Path, filled: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "data")


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["tune", arguments[0], "--data", str(data), *arguments[1:]])

    return invoke


def said(done: Result) -> Any:
    return json.loads(done.output)


def planned(run: Run, *more: str) -> str:
    done = run("plan", "--application", "dpi", "--alpha", "0.05", "--alpha-absent", "none", "--json", *more)
    assert done.exit_code == 0, done.output
    return str(said(done)["id"])


def label(data: Path, sample_id: str, answer: str = "right") -> None:
    store = open_store(data / "navconsole.db")
    label_all(store, sample_id, answer)
    store.close()


def test_what_is_missing_is_drawn_and_said_to_be_drawn(run: Run) -> None:
    plan = planned(run)
    asked = run("look", plan)
    assert asked.exit_code == 1
    assert "Label 80 more" in asked.output
    assert "nothing was spent" in asked.output
    assert "--size 80" in asked.output
    assert said(run("draw", plan, "--size", "30", "--json"))["drawn"] == 30
    halfway = run("look", plan).output
    assert "30 are drawn already" in halfway
    assert "--size 50" in halfway
    assert run("certificates").output == "Nothing was certified yet.\n"


def test_labels_as_many_as_were_asked_for_give_a_certificate(run: Run, data: Path) -> None:
    plan = planned(run)
    drawn = said(run("draw", plan, "--size", "80", "--json"))
    assert drawn["drawn"] == 80
    assert drawn["address"].endswith(f"/review/audit/{drawn['sample']}")
    label(data, drawn["sample"])
    found = run("look", plan)
    assert found.exit_code == 0, found.output
    assert "Certified." in found.output
    assert "0 of 80; surely under 4.99%" in found.output
    assert "before 0 of its 80 labels" in found.output
    assert "read by tesserocr/5." in found.output
    held = run("certificates")
    assert held.exit_code == 0
    assert "holds" in held.output


def test_a_wrong_press_too_many_is_not_certified(run: Run, data: Path) -> None:
    plan = planned(run, "--mode", "growing", "--scores", "0.9", "--margins", "0.08")
    label(data, said(run("draw", plan, "--size", "80", "--json"))["sample"], "wrong")
    found = run("look", plan, "--json")
    assert found.exit_code == 1
    assert said(found)["certificate"] is None
    assert said(found)["look"]["spent"] == 0.025
    assert said(found)["label_more"]["present"] > 1000
    assert "Not certified" in run("look", plan).output


def test_a_certificate_that_holds_no_more_is_named_with_its_reason(run: Run, data: Path) -> None:
    plan = planned(run, "--scores", "0.9", "--margins", "0.08")
    label(data, said(run("draw", plan, "--size", "80", "--json"))["sample"])
    assert run("look", plan).exit_code == 0
    store = open_store(data / "navconsole.db")
    later = store.certificates()[0].at
    attempt = store.list_attempts(AttemptFilter()).rows[0]
    sought(store, attempt.run_id, 99, started_at=later, expires_at=later, versions={"reading": "tesserocr/6"})
    store.close()
    ended = run("certificates")
    assert ended.exit_code == 1
    assert "another reader" in ended.output
    assert said(run("certificates", "--json"))[0]["ended"] == ["reader"]


def test_plans_are_listed_in_both_languages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(run, "--note", "mars")
    assert "Walks from safest to loosest" in run("plans").output
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "fr")
    french = run("plans").output
    assert plan in french
    assert "du plus sûr au plus lâche" in french
    assert "5\u202f%" in french or "5\xa0%" in french


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("plan", "--alpha", "5"), "above 0 and below 1"),
        (("plan", "--alpha", "0.05", "--alpha-absent", "x"), "above 0 and below 1"),
        (("plan", "--alpha", "0.05", "--procedure", "holm"), "8 settings at most"),
        (("plan", "--alpha", "0.05", "--scores", "0.9:0.8"), "no list of numbers"),
        (("look", "unknown"), "No plan here"),
        (("draw", "unknown", "--size", "3"), "No plan here"),
    ],
)
def test_wrong_use_is_status_2_with_a_sentence(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert problem in " ".join(done.output.split())


def test_drawing_where_nothing_is_left_fails_with_what_to_do(run: Run) -> None:
    plan = planned(run)
    some = run("draw", plan, "--size", "100")
    assert "Only 90 are left" in some.output
    done = run("draw", plan, "--size", "1")
    assert done.exit_code == 1
    assert "none to draw" in done.output


def test_a_sweep_counts_what_would_be_pressed(run: Run, data: Path) -> None:
    store = open_store(data / "navconsole.db")
    attempt = store.list_attempts(AttemptFilter()).rows[0]
    for number in range(10):
        page = page_of(("Va1idcr", 40, 60))
        sought(store, attempt.run_id, 200 + number, page=page)
    store.close()
    found = said(run("sweep", "--application", "dpi", "--scores", "0.8,0.99", "--margins", "0.08", "--json"))
    assert (found["attempts"], found["scores"]) == (100, [0.8, 0.99])
    assert found["presses"][0][1] == 90
    assert found["presses"][0][0] >= 90
    assert "100 attempts" in run("sweep", "--scores", "0.9").output


@pytest.mark.parametrize(
    ("text", "axis"),
    [("0.8,0.9", (0.8, 0.9)), ("0.8:0.84:0.02", (0.8, 0.82, 0.84)), ("0.9,0.9,0:0.1:0.05", (0.9, 0.0, 0.05, 0.1))],
)
def test_axes_are_lists_and_ranges(text: str, axis: tuple[float, ...]) -> None:
    assert parse_axis(text) == axis


@pytest.mark.parametrize("text", ["", "x", "1.1", "-0.1", "0.8:0.9", "0.9:0.8:0.1", "0:1:0", "nan", "0:1:0.0001"])
def test_other_axes_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_axis(text)


def test_a_sample_says_for_which_plan_it_was_drawn(run: Run, data: Path) -> None:
    plan = planned(run)
    sample_id = said(run("draw", plan, "--size", "5", "--json"))["sample"]
    store = open_store(data / "navconsole.db")
    sample = store.sample(sample_id)
    store.close()
    assert sample is not None
    assert sample.asked["plan"] == plan
    assert sample.asked["by"] == "unit"
