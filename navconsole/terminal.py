"""The command line in the person's language: which one it is, its sentences, and commands whose help is in it.

Language: NAVCONSOLE_LANGUAGE, else French where LC_ALL, LC_MESSAGES or LANG (the first that is set) say so, else
English. What programs read (`--json`, `--quiet`, logs) is the same in both.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from navconsole.i18n import catalogue
from navconsole.settings import LANGUAGES
from navigation.errors import NavigationError, SettingsError

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
CLICK_MODULES = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.types,
)


def language(env: Mapping[str, str] | None = None) -> str:
    """One of `LANGUAGES`. A NAVCONSOLE_LANGUAGE that is none of them is refused where settings are read."""
    env = os.environ if env is None else env
    if env.get("NAVCONSOLE_LANGUAGE") in LANGUAGES:
        return env["NAVCONSOLE_LANGUAGE"]
    locale = next((env[name] for name in LOCALE_VARIABLES if env.get(name)), "")
    return "fr" if locale.lower().startswith("fr") else "en"


def gettext(message: str, **values: object) -> str:
    """`message` in the person's language, with its `%(name)s` filled."""
    text = _translate(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Singular or plural by `num`, which fills `%(num)s`."""
    return catalogue(language()).ngettext(singular, plural, num) % {"num": num, **values}


def explained(error: NavigationError) -> str:
    """What an error says, in the person's language."""
    text = error.sentence(_translate)
    return gettext("Setting %(problem)s", problem=text) if isinstance(error, SettingsError) else text


class Command(click.Command):
    """A command whose help is translated when it is shown; its English texts are the message ids."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with _translated(self, *self.params):
            super().format_help(ctx, formatter)

    def get_short_help_str(self, limit: int = 45) -> str:
        with _translated(self):
            return super().get_short_help_str(limit)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _translate("Show this message and exit.")  # Click keeps the text it had the first time
        return option


class Group(Command, click.Group):
    """Commands under one name. Our own errors are one sentence, never a stack."""

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except NavigationError as err:
            click.echo(explained(err), err=True)
            ctx.exit(2 if isinstance(err, SettingsError) else 1)


def _translate(message: str) -> str:
    return catalogue(language()).gettext(message) if message else ""


def _translate_number(singular: str, plural: str, num: int) -> str:
    return catalogue(language()).ngettext(singular, plural, num)


@contextmanager
def _translated(*shown: Any) -> Iterator[None]:
    """The `help` of commands and options in the person's language while it lasts; arguments have none."""
    with ExitStack() as restoring:
        for item in shown:
            if english := getattr(item, "help", None):
                restoring.callback(setattr, item, "help", english)
                item.help = _translate(inspect.cleandoc(english))
        yield


def _teach_click() -> None:
    """Give Click our catalogue: it asks the standard library's, which knows compiled files only."""
    for module in CLICK_MODULES:
        for name, translate in (("_", _translate), ("ngettext", _translate_number)):
            if hasattr(module, name):
                setattr(module, name, translate)


_teach_click()
