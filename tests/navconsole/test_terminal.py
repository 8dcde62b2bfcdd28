"""The command line in both languages: which one, its help, its errors, and nothing changed for programs."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from navconsole.cli import main
from navconsole.terminal import explained, language
from navigation.errors import DamagedPictureError, SettingsError, StoreError
from navigation.store import sentences
from scripts.update_translations import error_texts, help_texts

FRENCH = {"NAVCONSOLE_LANGUAGE": "fr"}
ENGLISH = {"NAVCONSOLE_LANGUAGE": "en"}


def run(*args: object, env: dict[str, str]) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], env=env)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "fr_CA"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "NAVCONSOLE_LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "NAVCONSOLE_LANGUAGE": "fr"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "NAVCONSOLE_LANGUAGE": "xx"}, "en"),
    ],
    ids=lambda value: str(value),
)
def test_the_setting_goes_before_the_locale(env: dict[str, str], expected: str) -> None:
    assert language(env) == expected


def commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return [path, *(found for name, child in below for found in commands(child, (*path, name)))]


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_help_is_in_the_persons_language_and_english_comes_back(path: tuple[str, ...]) -> None:
    french, english = (run(*path, "--help", env=env).output for env in (FRENCH, ENGLISH))
    assert "Emploi" in french
    assert "Afficher cette aide et quitter." in french
    assert "Usage:" in english
    assert "Show this message and exit." in english
    assert not any(word in french for word in ("Usage", "Show", "Example:", "default", "[required]"))


def test_every_command_and_option_says_what_it_is_for() -> None:
    found = list(help_texts(main))
    assert len(found) > 20
    unsaid = [
        (path, option.name)
        for path in commands(main)
        for option in _command_at(path).params
        if isinstance(option, click.Option) and not option.help
    ]
    assert unsaid == []


def _command_at(path: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["users", "add"], "Option manquante '--name'"),
        (["users", "ad"], "Il n’y a pas de commande 'ad'"),
        (["serve", "--port", "0"], "n’est pas dans l’intervalle"),
        (["users", "link", "--name", "zoe"], "Il n’y a pas de compte nommé zoe"),
        (["tokens", "revoke", "zzz"], "Aucun jeton en vigueur ne s’appelle zzz"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_in_french(tmp_path: Path, args: list[str], said: str) -> None:
    run("users", "add", "--data", tmp_path, "--name", "anne", env=FRENCH)
    result = run(*args, "--data", tmp_path, env=FRENCH)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert "Error" not in result.output


def test_a_wrong_setting_is_named_in_the_persons_language(tmp_path: Path) -> None:
    result = run("users", "list", "--data", tmp_path, env=FRENCH | {"NAVCONSOLE_PORT": "x"})
    assert result.exit_code == 2
    assert result.output == "Réglage NAVCONSOLE_PORT: doit être un nombre entier de 1 à 65535, et non 'x'\n"


def test_errors_are_explained_in_the_persons_language(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [StoreError(text) for text in sentences.ALL] + [
        DamagedPictureError("0"),
        SettingsError("A", "must be {b}"),
    ]
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "en")
    assert [explained(error) for error in errors[:-1]] == [error.detail for error in errors[:-1]]
    monkeypatch.setenv("NAVCONSOLE_LANGUAGE", "fr")
    assert not [error for error in errors[:-1] if explained(error) == error.detail]


def test_the_texts_of_errors_are_found_wherever_they_are_raised() -> None:
    texts = {text for _file, text in error_texts()}
    assert "Port {port} is in use, perhaps by another demo; end it, or choose another with --port" in texts
    assert "The browser did not obey; it may have been closed. Start the agent again." in texts
    assert not any("{self" in text for text in texts)


def test_lists_have_heads_for_people_and_stay_the_same_for_programs(tmp_path: Path) -> None:
    run("users", "add", "--data", tmp_path, "--name", "Anne Roy", env=FRENCH)
    run("tokens", "add", "--data", tmp_path, "--name", "ward-3", env=FRENCH)
    head, line = run("users", "list", "--data", tmp_path, env=FRENCH).output.splitlines()
    assert head.split() == ["nom", "rôle", "applications", "actif", "mot", "de", "passe", "défini"]
    assert line.split() == ["Anne", "Roy", "viewer", "toutes", "oui", "non"]
    for kind in ("users", "tokens"):
        french, english = (run(kind, "list", "--json", "--data", tmp_path, env=env).output for env in (FRENCH, ENGLISH))
        assert french == english
        assert json.loads(french)


def test_an_empty_list_says_so(tmp_path: Path) -> None:
    assert run("users", "list", "--data", tmp_path, env=FRENCH).output == "Il n’y en a pas encore.\n"


def test_a_quiet_command_prints_the_secret_alone_in_either_language(tmp_path: Path) -> None:
    made = run("tokens", "add", "--quiet", "--data", tmp_path, "--name", "ward-3", env=FRENCH).output
    assert made.startswith("nav_")
    assert len(made.split()) == 1
