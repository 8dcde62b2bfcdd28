"""Secrets come from lines of a file and show themselves nowhere."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from navigation.agents.secret_source import DotenvSecrets, Secret
from navigation.agents.surface import AgentError


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=plain", "plain"),
        ("NAME = spaced ", "spaced"),
        ('NAME="two words"', "two words"),
        ("NAME='it''s'", "it''s"),
        ("NAME='open", "'open"),
        ("NAME=a=b#c", "a=b#c"),
        ("export NAME=exported", "exported"),
        ("NAME=", ""),
        ("NAME=é€œ", "é€œ"),
    ],
)
def test_a_line_gives_its_value(tmp_path: Path, line: str, value: str) -> None:
    file = tmp_path / "s.env"
    file.write_text(f"# NAME=commented\n\nNAMES=other\n{line}\n", encoding="utf-8")
    assert DotenvSecrets(file).secret("NAME").reveal() == value


def test_a_changed_file_needs_no_restart(tmp_path: Path) -> None:
    file = tmp_path / "s.env"
    file.write_text("NAME=old")
    source = DotenvSecrets(file)
    assert source.secret("NAME").reveal() == "old"
    file.write_text("NAME=new")
    assert source.secret("NAME").reveal() == "new"


def test_a_missing_name_says_which_line_to_add(tmp_path: Path) -> None:
    file = tmp_path / "s.env"
    file.write_text("#NAME=x\nOTHER=visible-value")
    with pytest.raises(AgentError, match="add a line NAME=") as caught:
        DotenvSecrets(file).secret("NAME")
    assert "visible-value" not in str(caught.value)


def test_a_missing_file_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"absent\.env cannot be read"):
        DotenvSecrets(tmp_path / "absent.env").secret("NAME")


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    file = tmp_path / "s.env"
    file.write_bytes(b"NAME=\xff\xfe")
    with pytest.raises(AgentError, match="cannot be read"):
        DotenvSecrets(file).secret("NAME")


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("canari")
    assert "canari" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
