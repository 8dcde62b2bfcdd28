"""Choosing from native and hand-made lists in a real Chromium, with the real engine, the field read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from navigation.agents.browser import BrowserSurface, open_browser
from navigation.agents.choose import Chosen, choose_option
from navigation.agents.frames import decode, encode
from navigation.agents.settle import Timing
from navigation.engine import Engine
from navigation.keyboards import Keystroke, UntypableError
from navigation.settings import Settings
from navigation.types import NormPoint, PressKind
from tests.navigation.agents.live import SIZE, ask, box_of, show

pytestmark = pytest.mark.browser

WARDS = ("Accueil", "Urgences adultes", "Urgences pédiatriques", "Réanimation", "Pédiatrie")
STYLE = "label{display:inline-block;width:140px} select,.combo{font:16px Arial;width:260px;height:32px}"
CUSTOM_STYLE = (
    STYLE + ".combo{display:inline-block;box-sizing:border-box;border:1px solid #888;background:#fff;padding:5px 8px}"
    ".combo::after{content:'▾';float:right} .panel{position:absolute;left:160px;top:56px;width:258px;max-height:220px;"
    "overflow:auto;border:1px solid #888;background:#fff;box-shadow:0 2px 6px #0004}"
    ".panel div{padding:8px;line-height:20px} .panel div:hover{background:#1668b8;color:#fff}"
)
CUSTOM_SCRIPT = """
const field = document.querySelector('.combo'), panel = document.querySelector('.panel');
field.onclick = () => { panel.hidden = !panel.hidden; };
panel.onclick = e => { if (e.target !== panel) { choose(e.target.textContent); panel.hidden = true; } };
document.addEventListener('keydown', e => { if (e.key === 'Escape') panel.hidden = true; });
function choose(text) { field.textContent = text; }
"""
TIMING = Timing(budget_s=8)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(Settings())


@pytest.fixture(scope="module")
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


def native(surface: BrowserSurface, options: Sequence[str], *, chosen: int = 0, script: str = "") -> None:
    inside = "".join(f"<option{' selected' if n == chosen else ''}>{text}" for n, text in enumerate(options))
    show(
        surface,
        f"<label>Service</label><select id=s>{inside}</select><p><label>Nom</label><input value=MARTIN></p>",
        style=STYLE,
        script=script,
    )


def custom(surface: BrowserSurface, options: Sequence[str], *, script: str = "") -> None:
    inside = "".join(f"<div>{text}</div>" for text in options)
    show(
        surface,
        f"<label>Service</label><span class=combo>{options[0]}</span><div class=panel hidden>{inside}</div>",
        style=CUSTOM_STYLE,
        script=CUSTOM_SCRIPT + script,
    )


def choose(surface: BrowserSurface, engine: Engine, option: str, **options: object) -> Chosen:
    return choose_option(surface, engine, "Service", option, timing=TIMING, **options)  # type: ignore[arg-type]


def native_value(surface: BrowserSurface) -> object:
    return ask(surface, "s.value")


def custom_value(surface: BrowserSurface) -> object:
    return ask(surface, "document.querySelector('.combo').textContent")


def test_an_option_of_a_native_list_is_chosen(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS)
    answer = choose(surface, engine, "Réanimation", layout="azerty-fr")
    assert (answer.outcome, answer.by) == ("chosen", "keys")
    assert answer.value is not None
    assert answer.value.text == native_value(surface) == "Réanimation"


def test_one_of_two_options_that_begin_alike_is_chosen(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS)
    assert choose(surface, engine, "Urgences pédiatriques", layout="azerty-fr").outcome == "chosen"
    assert native_value(surface) == "Urgences pédiatriques"


def test_an_option_of_a_hand_made_list_is_chosen(surface: BrowserSurface, engine: Engine) -> None:
    custom(surface, WARDS)
    answer = choose(surface, engine, "Pédiatrie")
    assert (answer.outcome, answer.by) == ("chosen", "press")
    assert custom_value(surface) == "Pédiatrie"


@pytest.mark.parametrize("kind", ["native", "custom"])
def test_an_option_further_down_is_scrolled_to(surface: BrowserSurface, engine: Engine, kind: str) -> None:
    options = [f"{ward} {number}" for number in range(10, 18) for ward in WARDS]
    (native if kind == "native" else custom)(surface, options)
    answer = choose(surface, engine, "Urgences adultes 17", layout="azerty-fr")
    assert answer.outcome == "chosen"
    assert (native_value if kind == "native" else custom_value)(surface) == "Urgences adultes 17"


def test_an_option_further_up_is_scrolled_to(surface: BrowserSurface, engine: Engine) -> None:
    options = [f"{ward} {number}" for number in range(10, 18) for ward in WARDS]
    custom(surface, options, script="field.addEventListener('click', () => panel.scrollTop = 900);")
    answer = choose(surface, engine, "Réanimation 11")
    assert (answer.outcome, answer.by) == ("chosen", "press")
    assert custom_value(surface) == "Réanimation 11"


def test_nothing_under_a_list_that_no_press_reaches_is_pressed(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS, script="window.pressed = []; onclick = e => pressed.push(e.target.id || e.target.tagName)")
    assert choose(surface, engine, "Réanimation").outcome == "not_reached"
    assert ask(surface, "pressed") == ["s"]
    assert native_value(surface) == "Accueil"


def test_what_is_chosen_already_is_left_alone(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS, chosen=2, script="window.touched = 0; addEventListener('mousedown', () => touched++)")
    assert choose(surface, engine, "Urgences pédiatriques").outcome == "already_chosen"
    assert ask(surface, "touched") == 0


@pytest.mark.parametrize("kind", ["native", "custom"])
def test_an_option_that_is_not_there_changes_nothing(surface: BrowserSurface, engine: Engine, kind: str) -> None:
    (native if kind == "native" else custom)(surface, WARDS)
    answer = choose(surface, engine, "Maternité", layout="azerty-fr")
    assert answer.outcome == "option_absent"
    assert (native_value if kind == "native" else custom_value)(surface) == "Accueil"
    assert answer.value is not None
    assert answer.value.text == "Accueil"


def test_two_options_alike_are_refused(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, ("Accueil", "Réanimation", "Pédiatrie", "Réanimation"))
    assert choose(surface, engine, "Réanimation").outcome == "ambiguous"
    assert native_value(surface) == "Accueil"


def test_a_list_without_its_label_is_not_opened(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS)
    answer = choose_option(surface, engine, "Établissement", "Réanimation", timing=TIMING)
    assert answer.outcome == "no_field"
    assert native_value(surface) == "Accueil"


def test_a_field_that_then_shows_another_value_is_said(surface: BrowserSurface, engine: Engine) -> None:
    custom(surface, WARDS, script="choose = () => { field.textContent = 'Pédiatrie'; };")
    answer = choose(surface, engine, "Réanimation")
    assert (answer.outcome, custom_value(surface)) == ("another_value", "Pédiatrie")


# --- where the list is not seen ---------------------------------------------------------------------


class WithoutPopups:
    """A surface that shows nothing of a list that opens, as pictures of a page do in many browsers."""

    def __init__(self, surface: BrowserSurface) -> None:
        self.surface = surface
        self.empty = decode(surface.screenshot())
        self.field = box_of(surface, "#s")

    def screenshot(self) -> bytes:
        shown, box = self.empty.copy(), self.field
        now = decode(self.surface.screenshot())
        part = np.s_[box.y : box.bottom, box.x : box.right]
        shown[part] = now[part]
        return encode(shown)

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.surface.press(point, kind)

    def drag(self, start: NormPoint, end: NormPoint) -> None:
        self.surface.drag(start, end)

    def scroll(self, point: NormPoint, steps: int) -> None:
        self.surface.scroll(point, steps)

    def type_text(self, text: str) -> None:
        self.surface.type_text(text)

    def type_keys(self, strokes: Sequence[Keystroke]) -> None:
        self.surface.type_keys(strokes)


def test_an_option_is_typed_where_no_list_is_seen(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS)
    answer = choose_option(
        WithoutPopups(surface), engine, "Service", "Urgences pédiatriques", layout="azerty-fr", timing=TIMING
    )
    assert (answer.outcome, answer.by) == ("chosen", "keys")
    assert native_value(surface) == "Urgences pédiatriques"


def test_typing_what_is_not_in_the_list_is_seen(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS)
    answer = choose_option(WithoutPopups(surface), engine, "Service", "Maternité", layout="azerty-fr", timing=TIMING)
    assert (answer.outcome, native_value(surface)) == ("option_absent", "Accueil")


def test_typing_that_led_to_another_option_is_said(surface: BrowserSurface, engine: Engine) -> None:
    native(
        surface, ("Accueil", "Urgences adultes", "Pédiatrie"), script="s.onchange = () => { s.value = 'Pédiatrie'; }"
    )
    answer = choose(surface, engine, "Urgences adultes", layout="azerty-fr")
    assert (answer.outcome, native_value(surface)) == ("another_value", "Pédiatrie")


def test_without_a_keyboard_nothing_is_typed(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS)
    answer = choose_option(WithoutPopups(surface), engine, "Service", "Réanimation", timing=TIMING)
    assert (answer.outcome, answer.by) == ("not_opened", "")
    assert native_value(surface) == "Accueil"


def test_typing_into_a_field_that_is_no_list_sends_no_form(surface: BrowserSurface, engine: Engine) -> None:
    show(
        surface,
        "<form><label>Service</label><input id=s value=Accueil><button>Valider</button></form>",
        style=STYLE.replace("select", "input"),
        script="window.sent = 0; document.forms[0].onsubmit = e => { e.preventDefault(); sent++; };",
    )
    assert choose(surface, engine, "Réanimation", layout="azerty-fr").by == "keys"
    assert ask(surface, "sent") == 0


def test_an_option_without_keys_stops_before_anything_is_pressed(surface: BrowserSurface, engine: Engine) -> None:
    native(surface, WARDS, script="window.touched = 0; addEventListener('mousedown', () => touched++)")
    with pytest.raises(UntypableError):
        choose_option(surface, engine, "Service", "Échographie", layout="azerty-fr", timing=TIMING)
    assert ask(surface, "touched") == 0
