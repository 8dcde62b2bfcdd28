"""Drafts of profiles: the file they write is read back as what they say, and what is wrong is told at its field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from navigation.types import NormBox
from navigation.workflows.drafts import (
    Draft,
    DraftScreen,
    DraftTarget,
    Line,
    draft_from_json,
    draft_of,
    draft_to_json,
    drawn_box,
)
from navigation.workflows.files import parse
from navigation.workflows.model import Profile, Texts, in_language
from navigation.workflows.writing import write_profile
from tests.navigation.workflows.writing import PROFILE, a_profile

DEMO = Path(__file__).parents[3] / "navconsole/demo/workflows/melisse.profile.yaml"
LANGUAGES = ("fr", "en")

signs = st.characters(exclude_categories=["C", "Z"])
texts = st.text(signs | st.just(" "), min_size=1, max_size=30).filter(lambda text: bool(text.strip()))
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True)
sides = st.integers(0, 9_000).map(lambda n: n / 10_000)
boxes = st.builds(drawn_box, sides, sides, sides, sides)


def by_language(text: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Line, ...]]:
    """Lines of which each of the two languages has exactly one."""
    each = st.tuples(*(st.builds(Line, text, st.just(one)) for one in LANGUAGES))
    return each | st.builds(Line, text).map(lambda line: (line,))


def many(text: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Line, ...]]:
    more = st.lists(st.builds(Line, text, st.sampled_from(("", *LANGUAGES))), max_size=3).map(tuple)
    return st.tuples(by_language(text), more).map(lambda two: two[0] + two[1])


screens = st.builds(
    DraftScreen,
    names,
    many(texts),
    st.just(()) | many(texts),
    st.none() | boxes,
    st.booleans(),
).map(lambda screen: replace(screen, banner=None) if screen.is_without_patient else screen)
targets = st.builds(
    DraftTarget,
    names,
    by_language(texts),
    st.lists(st.builds(Line, texts, st.sampled_from(("", *LANGUAGES))), max_size=3).map(tuple),
    st.sampled_from(("clickable", "field")),
    st.none() | boxes,
    st.booleans(),
    st.booleans(),
).map(lambda target: replace(target, is_secret=target.kind == "field"))
drafts = st.builds(
    Draft,
    texts,
    st.just(LANGUAGES),
    st.lists(screens, min_size=1, max_size=3, unique_by=lambda screen: screen.name).map(tuple),
    st.lists(targets, min_size=1, max_size=3, unique_by=lambda target: target.name).map(tuple),
)


def meaning(profile: Profile) -> object:
    """All that a profile says, whatever the file looks like; the order of texts means nothing."""

    def said(texts: Texts) -> list[list[str]]:
        return [sorted(set(in_language(texts, language))) for language in profile.languages]

    return (
        profile.application,
        profile.languages,
        [
            (name, said(one.present), said(one.absent), one.banner, one.is_without_patient, one.parameters)
            for name, one in profile.screens.items()
        ],
        [
            (name, said(one.text), said(one.synonyms), one.kind, one.region, one.allow_disabled, one.is_secret)
            for name, one in profile.targets.items()
        ],
    )


@settings(max_examples=40)
@given(drafts)
def test_what_a_draft_says_is_what_its_file_is_read_as(draft: Draft) -> None:
    parsed = parse(write_profile(draft, "why\nagain: [").text)
    assert parsed.problems == []
    assert isinstance(parsed.said, Profile)
    again = parse(write_profile(draft_of(parsed.said)).text)
    assert again.problems == []
    assert isinstance(again.said, Profile)
    assert meaning(again.said) == meaning(parsed.said)
    for index, screen in enumerate(parsed.said.screens.values()):
        for language in LANGUAGES:
            lines = draft.screens[index].present
            assert list(in_language(screen.present, language)) == [
                line.text for line in lines if line.language in ("", language)
            ]


@pytest.mark.parametrize("text", [PROFILE, DEMO.read_text(encoding="utf-8")], ids=["tests", "demo"])
def test_a_stored_file_is_made_a_draft_and_written_again(text: str) -> None:
    written = write_profile(draft_of(a_profile(text)))
    parsed = parse(written.text)
    assert parsed.problems == []
    assert isinstance(parsed.said, Profile)
    assert meaning(parsed.said) == meaning(a_profile(text))


@pytest.mark.parametrize(
    "text",
    ["no", "null", "012", "a:", "a: b", "a :b", ":a", "x #y", "#x", "- a", "-a", "? b", "{ipp}", "[x]", "a, b", "a,b",
     "'q'", '"', "\\", "&a", "*a", "!t", "%x", "@x", "`x`", "|", ">", "é’è", "l'été", "N° 4", "a/b", "…", "\U0001f9ea"],
)  # fmt: skip
def test_no_text_means_anything_but_itself(text: str) -> None:
    both = (Line(text, "fr"), Line(text + text, "en"))
    draft = Draft("dpi", LANGUAGES, (DraftScreen("a", both),), (DraftTarget("b", both, (Line(text), Line("x"))),))
    parsed = parse(write_profile(draft).text)
    assert parsed.problems == []
    assert isinstance(parsed.said, Profile)
    assert parsed.said.screens["a"].present == {"fr": (text,), "en": (text + text,)}
    assert parsed.said.targets["b"].synonyms == {"": (text, "x")}


wild_lines = st.lists(st.builds(Line, anything, st.sampled_from(("", "fr", "en"))), max_size=3).map(tuple)
wild = st.builds(
    Draft,
    anything,
    st.lists(st.sampled_from(LANGUAGES), max_size=2, unique=True).map(tuple),
    st.lists(st.builds(DraftScreen, anything, wild_lines, wild_lines), max_size=3).map(tuple),
    st.lists(st.builds(DraftTarget, anything, wild_lines, wild_lines), max_size=3).map(tuple),
)


@given(wild, anything)
def test_whatever_was_typed_is_a_file_and_what_is_wrong_stands_at_a_field(draft: Draft, note: str) -> None:
    written = write_profile(draft, note)
    problems = parse(written.text).problems
    assert not {problem.code for problem in problems} & {"not_yaml", "not_text", "several", "alias", "neither"}
    assert all(written.field_at(problem.place) for problem in problems)
    assert draft_from_json(draft_to_json(draft)) == draft


def test_what_is_wrong_is_told_at_its_field() -> None:
    board = DraftScreen("board", (Line("Tableau", "fr"),))
    code = DraftTarget("code", (Line("Mot de passe"),), kind="field")
    draft = Draft(
        "dpi",
        LANGUAGES,
        (board, DraftScreen("no name", (Line("x"), Line(" ")), (Line("y" * 201),))),
        (code, DraftTarget("bare"), DraftTarget("two", (Line("a"), Line("b")))),
    )
    written = write_profile(draft)
    problems = {(written.field_at(problem.place), problem.code) for problem in parse(written.text).problems}
    assert problems == {
        ("screens.0.present", "no_language"), ("screens.1.name", "not_a_name"),
        ("targets.0.text", "password_not_secret"), ("targets.1.text", "not_a_text"), ("targets.2.text", "not_a_text"),
    }  # fmt: skip
    named = replace(draft, screens=(replace(draft.screens[1], name="board"), board))
    twice = write_profile(named)
    (problem,) = parse(twice.text).problems
    assert (twice.field_at(problem.place), problem.code) == ("screens.1.name", "duplicate")


def test_a_box_that_was_drawn_lies_in_the_picture() -> None:
    assert drawn_box(0, 0.05858, 1, 0.0599) == NormBox(0, 0.0586, 1, 0.0599)
    assert drawn_box(0.99999, 0.5, 0.3, 0.00001) == NormBox(0.9999, 0.5, 0.0001, 0.0001)
