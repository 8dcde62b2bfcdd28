"""Pressing, dragging, scrolling and typing by keys in a real Chromium: what the page was told is what was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from navigation.agents.browser import BrowserSurface, open_browser
from navigation.keyboards import LayoutName, keystrokes, named_key, select_all
from navigation.types import NormPoint, PressKind
from tests.navigation.agents.live import SIZE, ask, middle_of, show

pytestmark = pytest.mark.browser

RECORD_PRESSES = """
window.told = [];
for (const kind of ['click', 'dblclick', 'contextmenu', 'auxclick'])
  document.querySelector('button').addEventListener(kind, e => { e.preventDefault(); told.push(kind + e.detail); });
"""
RECORD_KEYS = """
window.keys = [];
for (const kind of ['keydown', 'keyup'])
  document.querySelector('input').addEventListener(kind, e => keys.push([kind, e.code, e.key, e.keyCode]));
"""


@pytest.fixture(scope="module")
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("single", ["click1"]),
        ("double", ["click1", "click2", "dblclick2"]),
        ("right", ["contextmenu0", "auxclick1"]),
    ],
)
def test_a_press_is_what_was_asked(surface: BrowserSurface, kind: PressKind, told: list[str]) -> None:
    show(surface, "<button>Ouvrir</button>", script=RECORD_PRESSES)
    surface.press(middle_of(surface, "button"), kind)
    assert ask(surface, "told") == told


def test_a_press_is_single_unless_said_otherwise(surface: BrowserSurface) -> None:
    show(surface, "<button>Ouvrir</button>", script=RECORD_PRESSES)
    surface.press(middle_of(surface, "button"))
    assert ask(surface, "told") == ["click1"]


def test_a_slider_is_dragged(surface: BrowserSurface) -> None:
    show(surface, "<input type=range min=0 max=100 value=0>", style="input{width:400px;margin:0}")
    at = middle_of(surface, "input")
    left = NormPoint(at.x - 192 / SIZE.width, at.y)
    surface.drag(left, NormPoint(at.x, at.y))
    assert ask(surface, "document.querySelector('input').value") == "50"


def test_a_card_is_dragged_to_another_column(surface: BrowserSurface) -> None:
    show(
        surface,
        "<div id=a class=zone><span draggable=true id=card>Mme MARTIN</span></div><div id=b class=zone></div>",
        style=".zone{width:300px;height:120px;border:1px solid;margin:20px}",
        script="""
        card.addEventListener('dragstart', e => e.dataTransfer.setData('text', 'card'));
        for (const zone of document.querySelectorAll('.zone')) {
          zone.addEventListener('dragover', e => e.preventDefault());
          zone.addEventListener('drop', e => { e.preventDefault(); zone.append(card); });
        }""",
    )
    surface.drag(middle_of(surface, "#card"), middle_of(surface, "#b"))
    assert ask(surface, "card.parentNode.id") == "b"


@pytest.mark.parametrize(("steps", "top"), [(3, 600), (-2, 100)])
def test_the_wheel_turns_over_the_point(surface: BrowserSurface, steps: int, top: int) -> None:
    show(surface, "<div id=list><p style='height:3000px'>…</p></div>", style="#list{height:300px;overflow:auto}")
    ask(surface, "list.scrollTop = 300")
    surface.scroll(middle_of(surface, "#list"), steps)
    assert settled_value(surface, "list.scrollTop") == top
    assert ask(surface, "scrollY") == 0


def settled_value(surface: BrowserSurface, script: str) -> object:
    """A value of the page once it has been the same for a while: a wheel is answered in the next frames."""
    value, since = ask(surface, script), time.monotonic()
    while time.monotonic() - since < 0.3:
        time.sleep(0.03)
        if (now := ask(surface, script)) != value:
            value, since = now, time.monotonic()
    return value


# --- typing by keys -------------------------------------------------------------------------------

TYPED: list[tuple[LayoutName, str]] = [
    ("azerty-fr", "Être à l'hôpital : 37,4 °C, Noël & señor @ # { [ | \\ ^ ] } € ~ ` 12/03/1958"),
    ("qwerty-us", "Pass-word_42! {[(\\|)]} <a@b.fr> ~`^'\""),
    ("qwerty-us-intl", "L'été à Noël, ça coûte 5 € « señor » ^~`\"'"),
]


@pytest.mark.parametrize(("layout", "text"), TYPED, ids=[layout for layout, _ in TYPED])
def test_a_text_typed_by_keys_arrives(surface: BrowserSurface, layout: LayoutName, text: str) -> None:
    show(surface, "<input size=80 autofocus>")
    surface.press(middle_of(surface, "input"))
    surface.type_keys(keystrokes(text, layout))
    assert ask(surface, "document.querySelector('input').value") == text


def test_the_page_sees_the_keys_of_the_keyboard(surface: BrowserSurface) -> None:
    show(surface, "<input>", script=RECORD_KEYS)
    surface.press(middle_of(surface, "input"))
    surface.type_keys(keystrokes("ê@A", "azerty-fr"))
    downs = [key[1:] for key in ask(surface, "keys") if key[0] == "keydown"]
    assert downs == [
        ["BracketLeft", "Dead", 0],
        ["KeyE", "ê", 0],
        ["AltRight", "AltGraph", 225],
        ["Digit0", "@", 48],
        ["ShiftLeft", "Shift", 16],
        ["KeyQ", "A", 65],
    ]
    ups = [key[1] for key in ask(surface, "keys") if key[0] == "keyup"]
    assert ups == ["BracketLeft", "KeyE", "Digit0", "AltRight", "KeyQ", "ShiftLeft"]


@pytest.mark.parametrize("layout", ["azerty-fr", "qwerty-us"])
def test_everything_in_a_field_is_selected_and_typed_over(surface: BrowserSurface, layout: LayoutName) -> None:
    show(surface, "<input value='ancienne valeur'>")
    surface.press(middle_of(surface, "input"))
    surface.type_keys((select_all(layout), *keystrokes("neuve", layout)))
    assert ask(surface, "document.querySelector('input').value") == "neuve"


def test_enter_sends_a_form_and_tab_goes_on(surface: BrowserSurface) -> None:
    show(
        surface,
        "<form><input id=a><input id=b><button>Valider</button></form>",
        script="window.sent = 0; document.forms[0].addEventListener('submit', e => { e.preventDefault(); sent++; });",
    )
    surface.press(middle_of(surface, "#a"))
    surface.type_keys(keystrokes("un\tdeux\n", "azerty-fr"))
    assert ask(surface, "[a.value, b.value, sent]") == ["un", "deux", 1]


def test_named_keys_move_and_remove(surface: BrowserSurface) -> None:
    show(surface, "<input value='abc'>")
    surface.press(middle_of(surface, "input"))
    surface.type_keys([named_key("Home"), named_key("ArrowRight"), named_key("Delete")])
    assert ask(surface, "document.querySelector('input').value") == "ac"
