from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from navconsole.attempts.forms import parse_query
from navconsole.attempts.query import KEYS, parse_line, quoted, words_of, write_line
from navconsole.attempts.words import CHOICES, reasons_saying, vocabulary


def fields(line: str) -> dict[str, tuple[str, ...]]:
    parsed = parse_line(line, vocabulary())
    assert list(parsed.problems) == []
    return dict(parsed.fields)


def faults(line: str) -> list[tuple[str, str]]:
    """The words that are not understood, with what is wrong."""
    return [(line[p.start : p.end], p.fault) for p in parse_line(line, vocabulary()).problems]


def test_the_example_of_the_design_is_understood() -> None:
    line = 'outcome:ambiguous app:dpi score<0.9 margin>=0.05 label:none target:"Se connecter" since:2026-03-01 "a b" c'
    assert fields(line) == {
        "outcome": ("ambiguous",), "application": ("dpi",), "score_max": ("<90",), "margin_min": ("5",),
        "label": ("none",), "target": ("Se connecter",), "since": ("2026-03-01",), "q": ("a b", "c"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("issue:absent", "outcome:absent"),
        ("résultat:absent", "outcome:absent"),
        ("Écran:urgences", "screen:urgences"),
        ('cible:"Se connecter"', 'target:"Se connecter"'),
        ("marge<5%", "margin<0.05"),
        ("depuis:2026-03-01 jusque:2026-03-02", "since:2026-03-01 until:2026-03-02"),
        ("avis:none", "label:none"),
        ('issue:"Mauvais patient"', 'outcome:"wrong patient"'),
        ("score<0,9", "score<0.9"),
    ],
)
def test_keys_and_values_may_be_french(french: str, english: str) -> None:
    assert fields(french) == fields(english)


@pytest.mark.parametrize(
    ("bound", "field", "value"),
    [
        ("score<0.875", "score_max", "<87.5"),
        ("score<=0.9", "score_max", "90"),
        ("score>90%", "score_min", ">90"),
        ("score>=1", "score_min", "100"),
        ("margin>=.05", "margin_min", "5"),
    ],
)
def test_a_bound_is_kept_exactly(bound: str, field: str, value: str) -> None:
    assert fields(bound) == {field: (value,)}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("app:dpi colour:red x", [("colour:red", "key")]),
        ("outcome:great", [("outcome:great", "value")]),
        ("score:0.9", [("score:0.9", "sign")]),
        ("app<dpi", [("app<dpi", "sign")]),
        ("score<90", [("score<90", "share")]),
        ("score<1e-999999999", [("score<1e-999999999", "share")]),
        ("since:yesterday until:2026-02-30", [("since:yesterday", "day"), ("until:2026-02-30", "day")]),
        ("config:two", [("config:two", "number")]),
        ('target:"Se connecter', [('target:"Se connecter', "quote")]),
        ("app:", [("app:", "empty")]),
        ("app:a app:b", [("app:b", "twice")]),
        ("http://x", [("http://x", "key")]),
    ],
)
def test_a_word_that_is_not_understood_is_named(line: str, found: list[tuple[str, str]]) -> None:
    assert faults(line) == found


def test_what_is_allowed_is_said() -> None:
    (problem,) = parse_line("outcome:great", vocabulary()).problems
    assert set(problem.allowed) == set(CHOICES["outcome"])
    (unknown,) = parse_line("colour:red", vocabulary()).problems
    assert unknown.allowed == tuple(key.name for key in KEYS)


def test_a_field_of_many_values_takes_each() -> None:
    assert fields("outcome:absent outcome:ambiguous outcome:absent") == {"outcome": ("absent", "ambiguous")}


@pytest.mark.parametrize("text", ["12:30", '"app:dpi"', "l'alerte", '"score<0.9"'])
def test_other_words_are_searched_for(text: str) -> None:
    assert fields(text) == {"q": (text.strip('"'),)}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)
MANY = {name: st.lists(st.sampled_from(sorted(CHOICES[name])), min_size=1, unique=True).map(tuple)
        for name in ("outcome", "label", "cause")}  # fmt: skip
PERCENT = st.decimals(0, 100, places=3).map(lambda d: f"{d.normalize():f}")
DAYS = st.dates().filter(lambda day: 2000 <= day.year <= 2200).map(str)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        **MANY,
        **{name: TEXTS.map(lambda text: (text,)) for name in ("application", "screen", "target", "reviewer")},
        "method": st.sampled_from(sorted(CHOICES["method"])).map(lambda m: (m,)),
        "score_min": st.tuples(st.sampled_from(["", ">"]), PERCENT).map("".join).map(lambda v: (v,)),
        "margin_max": st.tuples(st.sampled_from(["", "<"]), PERCENT).map("".join).map(lambda v: (v,)),
        "since": DAYS.map(lambda day: (day,)),
        "config": st.integers(0, 999_999_999).map(lambda n: (str(n),)),
        "q": st.lists(TEXTS, min_size=1, unique=True).map(tuple),
    },
)


@given(FIELDS)
def test_what_is_written_is_read_as_it_was(given_fields: dict[str, tuple[str, ...]]) -> None:
    assert fields(write_line(given_fields)) == given_fields


@given(st.text())
def test_any_line_is_read_and_each_problem_stands_in_it(line: str) -> None:
    parsed = parse_line(line, vocabulary())
    assert all(0 <= p.start < p.end <= len(line) for p in parsed.problems)
    if not parsed.problems:
        assert fields(write_line(parsed.fields)) == parsed.fields


@given(TEXTS)
def test_a_quoted_text_is_one_word(text: str) -> None:
    assert words_of(quoted(text)) == (text,)


@given(st.text())
def test_the_line_of_an_address_sets_the_same_filters(line: str) -> None:
    """Typing fills the facets, and the facets the line: one state."""
    found = parse_query(MultiDict([("q", line)]))
    again = parse_query(MultiDict(found.pairs()))
    typed = parse_query(MultiDict([("q", found.line)]))
    assert (again.values, again.many, again.errors) == (found.values, found.many, found.errors)
    assert (typed.many, typed.errors) == (found.many, found.errors)


def test_a_reason_is_found_by_its_sentence_in_either_language() -> None:
    assert reasons_saying("pas celui du PATIENT") == ("wrong_patient",)
    assert reasons_saying("nothing changed") == ("unchanged",)
    assert reasons_saying("Rien n'a changé a l'écran") == ("unchanged",)
    assert reasons_saying("{target}") == ()
