"""Files are checked and added at the shell: all or none, and what is wrong is said by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navconsole.settings import DATABASE_FILE
from navigation.store import open_store
from tests.navigation.workflows.writing import LOGIN, PROFILE, workflow_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dpi.profile.yaml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "tour.yaml").write_text(workflow_text(LOGIN), encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(workflow_text("- {navigate: shut}\n- {wait: 0}"), encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, language: str = "en") -> Result:
    command, *files = arguments
    paths = [str(folder / file) for file in files]
    environment = {"NAVCONSOLE_LANGUAGE": language, "NAVCONSOLE_DATA": str(folder / "data")}
    return CliRunner().invoke(main, ["workflows", command, *paths], env=environment)


def versions(folder: Path) -> list[tuple[str, int]]:
    store = open_store(folder / "data" / DATABASE_FILE)
    try:
        files = [*store.newest_files("profile", None), *store.newest_files("workflow", None)]
        return [(file.name, file.version) for file in files]
    finally:
        store.close()


def test_sound_files_are_sound_and_a_check_stores_nothing(folder: Path) -> None:
    done = run(folder, "check", "dpi.profile.yaml", "tour.yaml")
    assert (done.exit_code, done.output) == (0, "2 files are sound.\n")
    assert not (folder / "data").exists()


@pytest.mark.parametrize(("language", "said"), [("en", "A number from 0.1 to 60"), ("fr", "Un nombre de 0.1 à 60")])
def test_what_is_wrong_is_said_by_line_and_column(folder: Path, language: str, said: str) -> None:
    done = run(folder, "check", "wrong.yaml", language=language)
    assert done.exit_code == 1
    assert f"wrong.yaml:5:12: {said}" in done.output


def test_a_workflow_without_its_profile_is_not_sound(folder: Path) -> None:
    assert "There is no profile of dpi" in run(folder, "check", "tour.yaml").output
    run(folder, "add", "dpi.profile.yaml")
    assert run(folder, "check", "tour.yaml").exit_code == 0


def test_files_are_added_as_versions_all_or_none(folder: Path) -> None:
    assert run(folder, "add", "dpi.profile.yaml", "wrong.yaml").exit_code == 1
    assert versions(folder) == []
    done = run(folder, "add", "dpi.profile.yaml", "tour.yaml")
    assert done.output == "Profile of dpi stored as version 1.\nWorkflow tour stored as version 1.\n"
    assert run(folder, "add", "tour.yaml").output == "tour is stored already, as version 1.\n"
    assert versions(folder) == [("", 1), ("tour", 1)]


def test_a_profile_that_breaks_a_stored_workflow_is_refused(folder: Path) -> None:
    run(folder, "add", "dpi.profile.yaml", "tour.yaml")
    profile = folder / "dpi.profile.yaml"
    profile.write_text(PROFILE.replace("  enter: ", "  submit: "), encoding="utf-8")
    done = run(folder, "add", "dpi.profile.yaml")
    assert done.exit_code == 1
    assert "tour:" in done.output
    assert "stored workflow, version 1" in done.output
    assert versions(folder) == [("", 1), ("tour", 1)]
    (folder / "tour.yaml").write_text(workflow_text(LOGIN.replace("navigate: enter", "navigate: submit")))
    assert run(folder, "add", "dpi.profile.yaml", "tour.yaml").exit_code == 0
    assert versions(folder) == [("", 2), ("tour", 2)]


def test_a_file_that_cannot_be_read_is_said(folder: Path) -> None:
    done = run(folder, "check", "none.yaml")
    assert done.exit_code == 1
    assert "none.yaml cannot be read" in done.output
