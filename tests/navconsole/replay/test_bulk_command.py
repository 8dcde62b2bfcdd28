"""`navconsole replay` in bulk: what is chosen, under which setting, what is said, and going on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navconsole.settings import ConsoleSettings
from navigation.case_records import CaseSet
from navigation.configurations import body_of
from navigation.replays import ReplaySetting
from navigation.settings import Settings, Thresholds
from navigation.store.protocol import Store
from tests.navconsole.replay.recorded import ENDED, KEY, TOLD, asked
from tests.navigation.store.making import NOW, a_label
from tests.navigation.store.test_store_cases import a_case

Replay = Callable[..., Result]


@pytest.fixture
def replay(settings: ConsoleSettings, recorded: list[str], store: Store) -> Replay:
    def act(*args: object, language: str = "en") -> Result:
        env = {"NAVCONSOLE_LANGUAGE": language, "SECRET_KEY": KEY}
        return CliRunner().invoke(main, ["replay", "--data", str(settings.data), *map(str, args)], env=env)

    return act


def told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_everything_under_its_own_limits_is_the_same(replay: Replay) -> None:
    result = replay("--all")
    assert result.exit_code == 0, result.output
    assert "through: 8 of 8" in result.stdout
    assert "--resume" in result.stderr
    said = told(replay("--all", "--json"))
    assert (said["state"], said["total"], said["changed"], said["failed"]) == ("done", 8, [], [])


def test_other_limits_are_told_attempt_by_attempt(replay: Replay, recorded: list[str], store: Store) -> None:
    store.add_labels([a_label(recorded[7], answer="right")])
    result = replay("--all", "--margin", "0.5", "--json")
    assert result.exit_code == 1
    (changed,) = told(result)["changed"]
    kept = ("id", "difference", "was", "outcome", "was_right", "is_right", "point")
    assert [changed[name] for name in kept] == [recorded[7], "refuses", "ok", "ambiguous", True, False, None]
    said = replay("--all", "--margin", "0.5", language="fr").stdout
    assert "terminé : 8 sur 8" in said
    assert (
        f"{recorded[7]}  refuse là où l’on a appuyé  Réussi → Plusieurs possibles  fausse d’après son étiquette" in said
    )
    assert "1 justes avant et fausses maintenant, sur 1" in said


def test_attempts_are_chosen_by_a_line_cases_a_set_ids_and_the_newest(
    replay: Replay, recorded: list[str], store: Store
) -> None:
    label = a_label(recorded[2], id="given")
    store.add_labels([label])
    store.put_case(a_case(recorded[2], id="case", label_id=label.id))
    store.add_case_set(CaseSet("set", "Log-ins", "ann", "Ann", NOW))
    store.put_in_set("set", ["case"])
    for chosen, total in (
        (["--query", "outcome:ambiguous"], 1),
        (["--application", "dpi", "--score", "0.9"], 8),
        (["--cases"], 1),
        (["--set", "Log-ins"], 1),
        (["--latest", "3", "--score", "0.9"], 3),
        ([*recorded[:2], "--score", "0.9"], 2),
    ):
        assert told(replay(*chosen, "--json"))["total"] == total, chosen


def test_a_configuration_by_its_number(replay: Replay, store: Store) -> None:
    strict = store.add_config(body_of(Settings(thresholds=Thresholds(margin=0.5))), "ann", "strict")
    result = told(replay("--all", "--config", strict.id, "--json"))
    assert result["setting"]["config"] == strict.id
    assert result["setting"]["limits"]["margin"] == 0.5
    assert result["counts"]["differences"] == {"same": 7, "refuses": 1}
    both = told(replay("--all", "--config", strict.id, "--margin", "0.08", "--json"))
    assert both["counts"]["differences"] == {"same": 8}


def test_pictures_are_read_by_the_readers_that_are_named(replay: Replay) -> None:
    result = told(replay("--query", "target:Ouvrir", "--readers", "tesserocr", "--language", "eng", "--json"))
    assert result["setting"]["readers"] == ["tesserocr"]
    assert result["setting"]["language"] == "eng"
    assert result["counts"]["changes"] == {"ambiguous>ambiguous": 1}


def test_a_run_is_gone_on_with(replay: Replay, store: Store) -> None:
    run = asked(store, ReplaySetting({"margin": 0.5}))
    result = replay("--resume", run.id, "--processes", "1", "--json")
    assert result.exit_code == 1
    assert (told(result)["run"], told(result)["done"]) == (run.id, 8)
    again = replay("--resume", run.id)
    assert again.exit_code == 1
    assert "somewhere else by now" in again.output
    store.change_replay(asked(store).id, "cancelled", NOW, event=TOLD)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--score", "0.9"], "Say which attempts"),
        (["--all", "--resume", "x"], "Say which attempts"),
        (["--resume", "x"], "No replay here has the id x"),
        (["--all", "--config", "99"], "no configuration of this number"),
        (["--set", "none"], "no set of cases of this name"),
        (["--query", "outcome:nonsense"], "cannot be understood"),
        (["--all", "--language", "fra"], "--language is that of --readers"),
        (["--all", "--readers", "eyes"], "is no reader"),
        (["--all", "--anew"], "--anew is for the others"),
        (["--all", "--margin", "2"], "2.0 is not in the range"),
        (["--all", "--dask", "http://x:1"], "no address of a Dask scheduler"),
        (["nobody", "--score", "0.9"], "No attempt or run here has the id nobody"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_said_and_kept_nowhere(
    replay: Replay, store: Store, args: list[str], problem: str
) -> None:
    result = replay(*args)
    assert result.exit_code in (1, 2)
    assert problem in result.output
    assert list(store.replays()) == []


def test_what_is_recorded_is_what_the_others_expect(recorded: list[str], store: Store) -> None:
    ended = [store.attempt(one).decision.outcome.value for one in recorded]  # type: ignore[union-attr]
    assert ended == ENDED
