"""What an agent did is on its disk before it goes on, and a kill in the middle of a note loses that note only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation.agents.journal import FILE, Journal, Noted
from navigation.ids import is_id, new_id


def test_what_was_noted_is_known_after_a_restart(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.begin_run("run")
    first.note_begun("a")
    first.note_done("a", "ok", was_pressed=True)
    first.note_begun("b")
    first.note_answered(3)
    again = Journal(tmp_path)
    assert (again.client, again.open_run, again.answered) == (first.client, "run", 3)
    assert is_id(again.client)
    assert again.of("a") == Noted("done", "ok", True)
    assert again.of("b") == Noted("begun")
    assert again.of("c").state == "unknown"


def test_an_ended_run_is_not_gone_on_with(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_run("run")
    journal.note_end()
    assert Journal(tmp_path).open_run is None


def test_a_new_run_begins_a_new_page_for_the_same_client(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin_run("run")
    journal.note_begun("a")
    journal.note_answered(4)
    journal.begin_run("next")
    for each in (journal, Journal(tmp_path)):
        assert (each.client, each.open_run, each.answered) == (journal.client, "next", 0)
        assert each.of("a").state == "unknown"


@given(st.integers(1, 60))
def test_a_note_that_a_kill_cut_short_is_as_if_it_had_not_been(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder)
    journal.begin_run(new_id())
    before = (folder / FILE).stat().st_size
    journal.note_begun(new_id())
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[: max(before, len(whole) - cut)])
    again = Journal(folder)
    assert (again.client, again.open_run) == (journal.client, journal.open_run)
    again.note_begun("b")
    assert Journal(folder).of("b").state == "begun"


def test_a_journal_holds_ids_and_outcomes_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "own")
    journal.begin_run("run")
    journal.note_done("a", "error", was_pressed=False)
    assert (tmp_path / "own" / FILE).read_text().splitlines()[1:] == [
        '{"id": "a", "state": "done", "said": "error", "pressed": false}'
    ]
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
