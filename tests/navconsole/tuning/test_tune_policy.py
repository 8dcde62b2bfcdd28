"""`navconsole tune policy`: the answer of the page, on the terminal and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navigation.configurations import SERVER, body_of
from navigation.ids import new_id
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.settings import CachePolicy, Settings
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests.seeding import seed


def tune(data: Path, *arguments: str, language: str = "en") -> Result:
    env = {"NAVCONSOLE_LANGUAGE": language}
    return CliRunner().invoke(main, ["tune", "policy", "--data", str(data), *arguments], env=env)


@pytest.fixture
def data(tmp_path: Path, store: Store) -> Path:
    """Two rounds of attempts; a person calls the place of the first refused log-in right."""
    twice = seed(store, rounds=2)
    at = store.attempt(twice[0]).start.started_at  # type: ignore[union-attr]
    store.add_labels([Label(new_id(), twice[11], "ann", "Ann", "right", at)])
    return tmp_path


def test_both_policies_stand_beside_each_other(data: Path) -> None:
    result = tune(data, "--application", "dpi-urgences", "--age", "0")
    assert result.exit_code == 0, result.output
    lines = {line.rsplit(maxsplit=2)[0]: line.split()[-2:] for line in result.output.splitlines()[:8]}
    assert lines["Readings saved"] == ["0", "2"]
    assert "asked the memory" in result.output
    assert "Lectures épargnées" in tune(data, "--application", "dpi-urgences", language="fr").output


def test_programs_get_the_policies_and_the_counts(data: Path) -> None:
    result = tune(data, "--application", "dpi-urgences", "--agreement", "95", "--window", "7", "--json")
    answer = json.loads(result.output)
    assert answer["policy"] == {"max_age_days": 90.0, "max_entries": 10_000, "agreement": 0.95, "window_px": 7}
    assert answer["policy_in_use"]["agreement"] == 0.88
    assert answer["counts"]["asked"]["kinds"]["gained"] == 2
    assert answer["attempts"] == 34
    few = json.loads(tune(data, "--application", "dpi-urgences", "--latest", "3", "--json").output)
    assert few["attempts"] == 3


def test_more_presses_elsewhere_than_in_use_are_a_failure(data: Path, store: Store) -> None:
    """In use, nothing is remembered; with the policy asked for, a place that people call wrong is pressed."""
    store.ensure_config(body_of(Settings(cache=CachePolicy(max_age_days=0))), SERVER, "off")
    rows = store.list_attempts(AttemptFilter(order="oldest", outcomes=[Outcome.LOGIN_REFUSED])).rows
    assert tune(data, "--application", "dpi-urgences", "--age", "90").exit_code == 0
    store.add_labels([Label(new_id(), rows[-1].id, "bob", "Bob", "wrong", rows[-1].started_at)])
    assert tune(data, "--application", "dpi-urgences").exit_code == 0
    assert tune(data, "--application", "dpi-urgences", "--age", "90").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--application", "nobody"], "No finished attempt"),
        ([], "--application"),
        (["--application", "dpi-urgences", "--agreement", "50"], "75"),
    ],
)
def test_what_cannot_be_tried_is_a_wrong_use(data: Path, arguments: list[str], said: str) -> None:
    result = tune(data, *arguments)
    assert result.exit_code == 2
    assert said in result.output
