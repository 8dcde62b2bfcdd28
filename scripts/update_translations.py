"""Brings the catalogues up to date with the sentences in code and templates; prints what is still to translate.

    .venv/bin/python -m scripts.update_translations

Sentences are marked `_()`, `gettext()`, `ngettext()` in Python and templates. Taken as they are: the reasons'
templates, the texts of the errors a person may be shown, the help of the command line, and Click's own sentences.
English is the language of the message ids, so its catalogue holds nothing but its header.
"""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Collection, Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from navconsole.cli import main as command_line
from navconsole.i18n import LOCALE_DIR
from navconsole.terminal import CLICK_MODULES
from navigation import errors
from navigation.packs import refusals
from navigation.reasons import DETAILS, TEMPLATES
from navigation.store import sentences as store_sentences
from navigation.workflows import problems as workflow_problems

ROOT = Path(__file__).resolve().parents[1]
FRENCH = LOCALE_DIR / "fr" / "LC_MESSAGES" / "messages.po"
# With those below them: they become part of a reason, or of an API's answer that has a sentence of its own.
NOT_SHOWN = {
    "BadActionError", "BadJsonError", "BadPartError", "BadRunError", "BadScreenshotError", "BusyError",
    "NotAllowedError", "OcrError", "UnfitError", "UnknownError", "VlmError",
}  # fmt: skip


def sentences() -> Catalog:
    """Every sentence a person may read, with the files it stands in."""
    with (LOCALE_DIR / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    catalog = Catalog(charset="utf-8")
    found = extract_from_dir(str(ROOT), methods, options, directory_filter=_may_hold_sentences)
    for file, _line, message, _comments, context in found:
        catalog.add(message, None, [(file, 0)], context=context)
    for template in (*TEMPLATES.values(), *DETAILS):
        catalog.add(template, None, [("navigation/reasons.py", 0)])
    for template in (*refusals.SENTENCES.values(), *refusals.WHYS):
        catalog.add(template, None, [("navigation/packs/refusals.py", 0)])
    for template in workflow_problems.SENTENCES.values():
        catalog.add(template, None, [("navigation/workflows/problems.py", 0)])
    for template in store_sentences.ALL:
        catalog.add(template, None, [("navigation/store/sentences.py", 0)])
    catalog.add(errors.DAMAGED_PICTURE, None, [("navigation/errors.py", 0)])
    for file, template in error_texts():
        catalog.add(template, None, [(file, 0)])
    for text in help_texts(command_line):
        catalog.add(text, None, [("navconsole/cli.py", 0)])
    for module in CLICK_MODULES:
        for _line, message, _comments, _context in extract_from_file("python", str(module.__file__)):
            catalog.add(message, None, [("click", 0)])
    return catalog


def help_texts(command: click.Command) -> Iterator[str]:
    """The help of a command, of its options and of the commands below it."""
    for shown in (command, *command.params):
        if text := getattr(shown, "help", None):
            yield inspect.cleandoc(text)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from help_texts(below)


def _may_hold_sentences(folder: str | os.PathLike[str]) -> bool:
    """Babel by itself leaves out folders such as `_shared`."""
    return not Path(folder).name.startswith((".", "node_modules", "var"))


def error_texts() -> Iterator[tuple[str, str]]:
    """(file, text) of the errors that may be shown as they are. Raises ValueError for a text that is put together."""
    trees = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for package in ("navigation", "navconsole")
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    shown = _kinds(trees.values())
    for file, tree in trees.items():
        constants = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in shown:
                yield from ((file, text) for text in _texts(node, constants, file))


def _texts(call: ast.Call, constants: dict[str, str], file: str) -> list[str]:
    text = call.args[-1] if call.args else None
    if isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute)):
        raise ValueError(f"{file}:{text.lineno}: an error's text is a constant with places, so that it is translated")
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return [text.value]
    named = {node.id for node in ast.walk(text) if isinstance(node, ast.Name)} if text is not None else set()
    return [constants[name] for name in sorted(named & constants.keys())]


def _constants(tree: ast.Module) -> dict[str, str]:
    """Texts the module names at its top or in a function."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            texts = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
            if len(texts) == 1 and isinstance(texts[0], str):
                found[node.targets[0].id] = texts[0]
    return found


def _kinds(trees: Collection[ast.Module]) -> set[str]:
    """Names of our root error and of those below it, without what is not shown."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name not in NOT_SHOWN
    }
    kinds = {"NavigationError"}
    while more := {name for name, above in bases.items() if above & kinds} - kinds:
        kinds |= more
    return kinds


def untranslated(catalog: Catalog) -> list[str]:
    """Message ids without a (whole) translation, or with one that is only a guess."""
    return [
        str(m.id)
        for m in catalog
        if m.id and (m.fuzzy or not all(m.string if isinstance(m.string, tuple) else [m.string]))
    ]


def main() -> None:
    with FRENCH.open("rb") as source:
        french = read_po(source, locale="fr")
    french.update(sentences(), no_fuzzy_matching=True)
    french.obsolete.clear()
    french.project, french.language_team, french.last_translator = "navconsole", "navconsole", "navconsole"
    french.msgid_bugs_address = "navconsole"
    with FRENCH.open("wb") as target:
        write_po(target, french, width=120, include_lineno=False, sort_by_file=True)
    for message in untranslated(french):
        print(message)


if __name__ == "__main__":
    main()
