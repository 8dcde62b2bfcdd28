"""Scrolling to a target in a real Chromium, with the real engine: found, or said why not; never past the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from navigation.agents.browser import BrowserSurface, open_browser
from navigation.agents.scroll import Scrolled, ScrollLimits, scroll_until_found
from navigation.agents.settle import Timing
from navigation.engine import Engine
from navigation.geometry import contains_point, to_norm_box
from navigation.settings import Settings
from navigation.types import Target
from tests.navigation.agents.live import SIZE, ask, box_of, show

pytestmark = pytest.mark.browser

NAMES = ("MARTIN", "DURAND", "LEFÈVRE", "BENALI", "NGUYEN", "ROUSSEL", "GARCIA", "MOREAU", "PETIT", "FABRE")
TIMING = Timing(budget_s=8)
STYLE = """
#list{height:420px;overflow:auto;border:1px solid #99a;margin-top:10px}
.row{height:44px;line-height:44px;border-bottom:1px solid #dde;padding-left:14px}
#list h3{position:sticky;top:0;margin:0;background:#0d3f66;color:#fff;padding:8px 14px}
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings())


@pytest.fixture(scope="module")
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


def show_list(surface: BrowserSurface, rows: list[str], *, heading: bool = False, script: str = "") -> None:
    inside = ("<h3>Patients présents</h3>" if heading else "") + "".join(f"<div class=row>{row}</div>" for row in rows)
    show(surface, f"<button>Rechercher</button><div id=list>{inside}</div>", style=STYLE, script=script)


def patients(count: int) -> list[str]:
    return [f"{NAMES[number * 7 % 10]} Jeanne, box {number + 1}" for number in range(count)]


def scroll(surface: BrowserSurface, engine: Engine, text: str, **options: object) -> Scrolled:
    region = to_norm_box(box_of(surface, "#list"), SIZE)
    return scroll_until_found(surface, engine, Target(text), region, timing=TIMING, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("heading", [False, True], ids=["plain", "with a heading that stays"])
def test_a_row_far_down_is_found_where_it_is(surface: BrowserSurface, engine: Engine, heading: bool) -> None:
    rows = patients(30)
    rows[23] = "Pharmacie à usage intérieur"
    show_list(surface, rows, heading=heading)
    answer = scroll(surface, engine, rows[23])
    assert answer.outcome == "found"
    assert answer.grounding.point_px is not None
    assert contains_point(box_of(surface, ".row", 23), answer.grounding.point_px)
    assert answer.moved_px == ask(surface, "list.scrollTop")
    assert 3 <= answer.steps <= 8


def test_what_is_in_view_already_needs_no_step(surface: BrowserSurface, engine: Engine) -> None:
    show_list(surface, ["Admissions", *patients(20)])
    answer = scroll(surface, engine, "Admissions")
    assert (answer.outcome, answer.steps, answer.moved_px) == ("found", 0, 0)
    assert ask(surface, "list.scrollTop") == 0


def test_a_list_without_it_is_looked_through_to_its_end_and_that_is_said(
    surface: BrowserSurface, engine: Engine
) -> None:
    show_list(surface, patients(22))
    answer = scroll(surface, engine, "Bloc opératoire")
    assert answer.outcome == "end_reached"
    assert answer.grounding.point_px is None
    assert answer.moved_px == ask(surface, "list.scrollTop") == ask(surface, "list.scrollHeight - list.clientHeight")


def test_upwards_it_is_looked_for_too(surface: BrowserSurface, engine: Engine) -> None:
    show_list(surface, ["Admissions", *patients(24)])
    ask(surface, "list.scrollTop = 600")
    answer = scroll(surface, engine, "Admissions", up=True)
    assert answer.outcome == "found"
    assert answer.moved_px == ask(surface, "list.scrollTop") - 600


def test_a_view_that_does_not_scroll_is_said(surface: BrowserSurface, engine: Engine) -> None:
    show_list(surface, patients(4))
    answer = scroll(surface, engine, "Bloc opératoire")
    assert (answer.outcome, answer.steps) == ("not_scrollable", 0)


def test_two_alike_in_one_view_are_refused(surface: BrowserSurface, engine: Engine) -> None:
    rows = patients(20)
    rows[12] = rows[14] = "Bloc opératoire"
    show_list(surface, rows)
    answer = scroll(surface, engine, "Bloc opératoire")
    assert answer.outcome == "ambiguous"
    assert answer.grounding.point_px is None


def test_the_same_text_outside_the_region_does_not_count(surface: BrowserSurface, engine: Engine) -> None:
    show_list(surface, patients(12))
    assert scroll(surface, engine, "Rechercher").outcome == "end_reached"


def test_steps_are_bounded(surface: BrowserSurface, engine: Engine) -> None:
    show_list(surface, patients(200))
    answer = scroll(surface, engine, "Bloc opératoire", limits=ScrollLimits(steps=3))
    assert (answer.outcome, answer.steps) == ("budget", 3)


def test_time_is_bounded(surface: BrowserSurface, engine: Engine) -> None:
    show_list(surface, patients(200))
    answer = scroll(surface, engine, "Bloc opératoire", limits=ScrollLimits(budget_s=0.0))
    assert (answer.outcome, answer.steps) == ("budget", 0)


def test_a_list_that_loads_more_at_its_end_is_followed(surface: BrowserSurface, engine: Engine) -> None:
    script = """
    let more = 3;
    list.addEventListener('wheel', () => {
      if (more && list.scrollTop + list.clientHeight >= list.scrollHeight - 2) {
        more--;
        setTimeout(() => { for (let n = 0; n < 8; n++)
          list.insertAdjacentHTML('beforeend', `<div class=row>${more ? 'Suite ' + n : 'Bloc ' + n}</div>`); }, 150);
      }
    });"""
    show_list(surface, patients(14), script=script)
    assert scroll(surface, engine, "Bloc 5").outcome == "found"


@pytest.mark.parametrize(
    "script",
    [
        "list.addEventListener('wheel', e => { e.preventDefault(); list.scrollTop += 1500; }, {passive: false})",
        "list.addEventListener('wheel', e => { e.preventDefault(); list.innerHTML = '<h1>Erreur</h1>'; },"
        "{passive: false})",
    ],
    ids=["a step larger than the view", "another content"],
)
def test_what_may_have_been_passed_unseen_is_said(surface: BrowserSurface, engine: Engine, script: str) -> None:
    show_list(surface, patients(80), script=script)
    assert scroll(surface, engine, "Bloc opératoire").outcome == "lost"
