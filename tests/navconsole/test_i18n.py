import re
import string
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, g

from navconsole import i18n
from navconsole.attempts.outcomes import VIEWS
from navconsole.i18n import catalogue, translator
from navconsole.resources import resource_dir
from navigation.reasons import TEMPLATES, Reason
from navigation.types import Outcome
from scripts.update_translations import sentences
from tests.navconsole import lint

TEMPLATES_DIR, SCRIPTS_DIR = resource_dir("templates"), resource_dir("static") / "js"
JINJA = re.compile(
    r"\{% macro described\b.*?\{% endmacro %\}|\{% block body_class %\}.*?\{% endblock %\}"
    r"|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}",
    re.DOTALL,
)
"""What Jinja takes out of a template, and what becomes attributes that nobody reads."""
ATTRIBUTES = re.compile(r'(aria-[a-z]+="[\w -]*"\s*)+>?')  # that a macro or a condition puts into a tag
LETTERS = re.compile(r"[^\W\d_]{2}")
NO_WORDS = {"navconsole", "navconsole · navconsole", "navconsole demo", "navconsole tokens add --name ward-3"}
"""The product's name and what is typed on the command line."""
PLACES = re.compile(r"%\(\w+\)s|\{\w+(?:![rs])?(?::\w+)?\}|%%")


def test_every_sentence_is_in_french() -> None:
    french = catalogue("fr")
    missing = [
        message.id
        for message in sentences()
        if message.id and not french._catalog.get(_key(message.id))  # type: ignore[attr-defined]
    ]
    assert missing == []


def test_sentences_are_gathered_from_every_template() -> None:
    gathered = {message.id for message in sentences()}
    marked = {
        said
        for path in TEMPLATES_DIR.rglob("*.html")
        if "demo" not in path.parts
        for said in re.findall(r'\b_\("([^"]+)"', path.read_text("utf-8"))
    }
    assert marked - gathered == set()


def test_nothing_in_a_template_is_said_without_being_marked() -> None:
    """Text, and the attributes that are read to people or that scripts show, stand in `_()` or are no words."""
    found = {
        f"{path.relative_to(TEMPLATES_DIR)}: {text}"
        for path in TEMPLATES_DIR.rglob("*.html")
        if "demo" not in path.parts
        for text in lint.plain_texts(JINJA.sub("", path.read_text("utf-8")))
        if LETTERS.search(text) and text not in NO_WORDS and not ATTRIBUTES.fullmatch(text)
    }
    assert found == set()


def test_scripts_say_nothing_of_their_own() -> None:
    """What a script shows comes from an attribute of the page, where it is translated."""
    sentence = re.compile(r"""["'`]([A-Z][a-z]+ [a-z]+[^"'`]*)["'`]""")
    said = {
        (path.name, text) for path in SCRIPTS_DIR.glob("*.js") for text in sentence.findall(path.read_text("utf-8"))
    }
    assert said == set()


def test_translations_fill_the_same_places() -> None:
    french = catalogue("fr")._catalog  # type: ignore[attr-defined]
    wrong = [
        (message, said)
        for message, said in french.items()
        if isinstance(message, str) and message and set(PLACES.findall(message)) != set(PLACES.findall(said))
    ]
    assert wrong == []


@pytest.mark.parametrize("code", TEMPLATES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_can_be_said(code: str, language: str) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(TEMPLATES[code]) if name]
    said = Reason(code, dict.fromkeys(names, "xyz")).sentence(translator(language))
    assert "{" not in said
    assert said.count("xyz") == len(names)
    if language == "fr":
        assert said != Reason(code, dict.fromkeys(names, "xyz")).sentence()


def test_every_outcome_has_a_word_a_meaning_and_an_advice_in_french() -> None:
    french = translator("fr")
    assert {o.value for o in Outcome} < set(VIEWS)
    for view in VIEWS.values():
        assert all(french(text) != text for text in (view.meaning, view.advice)), view.key
    assert french(VIEWS["wrong_patient"].name) == "Mauvais patient"


def test_outcomes_are_told_apart_without_colour() -> None:
    looks = {(view.name, view.icon) for view in VIEWS.values()}
    assert len(looks) == len(VIEWS)


def _key(message_id: str | tuple[str, ...]) -> object:
    return message_id if isinstance(message_id, str) else (message_id[0], 0)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fr",
            [
                "97\u202f%",
                "64,7\u202f%",
                "–",
                "8",
                "12,5",
                "0,19",
                "950\u202fms",
                "9\u202f999\u202fms",
                "11,4\u202fs",
                "12\u202f345",
            ],
        ),
        ("en", ["97%", "64.7%", "–", "8", "12.5", "0.19", "950\u202fms", "9,999\u202fms", "11.4\u202fs", "12,345"]),
    ],
)
def test_numbers_are_written_as_the_language_does(app: Flask, language: str, said: list[str]) -> None:
    with app.test_request_context():
        g.language = language
        shown = [
            i18n.format_percent(0.97),
            i18n.format_percent(0.647, 1),
            i18n.format_percent(None),
            i18n.format_points(0.08),
            i18n.format_points(0.125),
            i18n.format_number(0.194),
            i18n.format_ms(950.2),
            i18n.format_ms(9999),
            i18n.format_ms(11_400),
            i18n.format_count(12_345),
        ]
    assert shown == said


def test_times_are_in_the_readers_zone(app: Flask) -> None:
    year = datetime.now(UTC).year
    moment = datetime(year, 3, 31, 22, 30, 5, tzinfo=UTC)
    with app.test_request_context():
        g.language, g.timezone = "fr", ZoneInfo("Europe/Paris")
        assert i18n.format_moment(moment) == "1 avr., 00:30:05"
        g.language = "en"
        assert i18n.format_moment(moment) == "Apr 1, 00:30:05"
        assert str(year) in i18n.format_full(moment)


def test_the_year_is_told_when_it_is_not_this_one_in_the_readers_zone(app: Flask) -> None:
    this_year = datetime.now(ZoneInfo("Europe/Paris")).year
    new_year = datetime(this_year, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))
    with app.test_request_context():
        g.language, g.timezone = "fr", ZoneInfo("Europe/Paris")
        assert i18n.format_moment(new_year.astimezone(UTC)) == "1 janv., 00:00:00"
        assert i18n.format_moment(new_year - timedelta(seconds=1)) == f"31 déc. {this_year - 1}, 23:59:59"
        g.language = "en"
        assert i18n.format_moment(new_year - timedelta(seconds=1)) == f"Dec 31, {this_year - 1}, 23:59:59"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{ _("50%% of them") }}', "50% of them"),
        ('{{ _("<b>bold</b>") }}', "<b>bold</b>"),  # a sentence of ours is markup
        ('{{ _("%(who)s <b>labels</b>", who="<i>") }}', "&lt;i&gt; <b>labels</b>"),  # what it is filled with is not
        ('{{ _("Undo") }}', "Annuler"),
    ],
)
def test_a_sentence_of_a_template_is_filled_and_shown_as_it_is(app: Flask, template: str, expected: str) -> None:
    with app.test_request_context():
        g.language = "fr"
        shown = app.jinja_env.from_string(template)
        assert (shown.render(), shown.render()) == (expected, expected)  # made, and kept


def test_each_language_keeps_its_own_sentences(app: Flask) -> None:
    shown = app.jinja_env.from_string('{{ _("Undo") }}')
    with app.test_request_context():
        said = []
        for language in ("fr", "en", "fr"):
            g.language = language
            said.append(shown.render())
    assert said == ["Annuler", "Undo", "Annuler"]
