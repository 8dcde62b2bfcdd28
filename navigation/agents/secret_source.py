"""Secrets by name: a workflow names them, the agent's own file holds them, and nothing prints them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from navigation.agents.surface import AgentError


class Secret:
    """A text to type that shows itself to nobody: not in `repr`, not in `str`, not in a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be stored")


class SecretSource(Protocol):
    def secret(self, name: str) -> Secret:
        """The secret of that name. Raises AgentError naming it when there is none."""


class DotenvSecrets:
    """Secrets from lines `NAME=value`; blank lines, `# comments`, `export ` and matching quotes are understood.

    The file is read at each request, so that a changed password needs no restart and none stays in memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def secret(self, name: str) -> Secret:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise AgentError(
                "The secrets file {file} cannot be read ({why})", file=self._path.name, why=type(error).__name__
            ) from None
        for line in lines:
            key, separator, value = line.strip().removeprefix("export ").partition("=")
            if separator and key.strip() == name and not key.startswith("#"):
                return Secret(_unquoted(value.strip()))
        raise AgentError(
            "The secret {name} is not in {file}; add a line {name}=… to it", name=name, file=self._path.name
        )


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
