"""Brings the catalogues up to date with the sentences in code and templates; prints what is still to translate.

    .venv/bin/python -m scripts.update_translations

Sentences are marked `_()`, `gettext()`, `ngettext()` in Python and templates; the reasons' templates are taken as they
are. English is the language of the message ids, so its catalogue holds nothing but its header.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from navconsole.i18n import LOCALE_DIR
from navigation.reasons import DETAILS, TEMPLATES

ROOT = Path(__file__).resolve().parents[1]
FRENCH = LOCALE_DIR / "fr" / "LC_MESSAGES" / "messages.po"


def sentences() -> Catalog:
    """Every sentence a person may read, with the files it stands in."""
    with (LOCALE_DIR / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    catalog = Catalog(charset="utf-8")
    for file, _line, message, _comments, context in extract_from_dir(str(ROOT), methods, options):
        catalog.add(message, None, [(file, 0)], context=context)
    for template in (*TEMPLATES.values(), *DETAILS):
        catalog.add(template, None, [("navigation/reasons.py", 0)])
    return catalog


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
