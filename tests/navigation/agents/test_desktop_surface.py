"""The desktop surface on a real X server with a real program: what it shows, where it presses, what it types."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from navigation import Engine, Target
from navigation.agents.desktop import DesktopSurface, PanicError, monitors, open_desktop
from navigation.agents.dry_run import DryRunSurface
from navigation.agents.frames import decode
from navigation.agents.settle import Timing, settled
from navigation.agents.surface import AgentError
from navigation.agents.x11 import X11
from navigation.agents.x11_keys import KEY_NUMBERS
from navigation.keyboards import Keystroke, UntypableError, keystrokes, named_key
from navigation.protocols import RgbImage
from navigation.types import Box, NormPoint, PressKind
from tests.navigation.agents.desktops import HEIGHT, WIDTH, Display, Heard, listening, screen

PATIENT = Timing(budget_s=15)
SAVE = Keystroke("KeyS", ("control",), "s")
AT = NormPoint(400.5 / WIDTH, 300.5 / HEIGHT)
DOWN, UP = ("press", 1, 400, 300), ("release", 1, 400, 300)


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    with screen(tmp_path_factory.mktemp("home")) as display:
        yield display


@pytest.fixture
def surface(display: Display) -> Iterator[DesktopSurface]:
    with open_desktop(display.name) as surface:
        yield surface


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture
def editor(display: Display, surface: DesktopSurface, engine: Engine, tmp_path: Path) -> Iterator[Path]:
    """A text editor on an empty file."""
    path = tmp_path / "note.txt"
    path.touch()
    program = display.start("mousepad", "--disable-server", str(path))
    appears(surface, engine, "Fichier")
    yield path
    display.end(program)


def look(surface: DesktopSurface) -> RgbImage:
    return settled(lambda: decode(surface.screenshot()), PATIENT).view


def appears(surface: DesktopSurface, engine: Engine, text: str) -> NormPoint:
    """Where a control is, once it is there."""
    for _ in range(20):
        found = engine.ground(look(surface), Target(text))
        if found.point is not None:
            return found.point
    raise AssertionError(f"{text} did not appear")


def saved(surface: DesktopSurface, path: Path) -> str:
    """What the editor holds, by having it saved."""
    surface.type_keys([SAVE])
    for _ in range(100):
        if text := path.read_text(encoding="utf-8"):
            return text.removesuffix("\n")
        time.sleep(0.05)
    raise AssertionError("nothing was saved")


# --- looking and pressing -------------------------------------------------------------------------


def test_it_finds_its_way_through_a_program_by_its_screen(
    surface: DesktopSurface, engine: Engine, editor: Path
) -> None:
    surface.press(appears(surface, engine, "Rechercher"))
    surface.press(appears(surface, engine, "Rechercher et remplacer"))
    appears(surface, engine, "Fermer")
    values = {"Rechercher": "dossier", "Remplacer par": "fichier"}
    for label, text in values.items():
        place = engine.ground(look(surface), Target(label, kind="field")).point
        assert place
        surface.press(place)
        surface.type_text("autre chose")
        surface.type_text(text)  # over what stands there
    picture = look(surface)
    boxes = {label: engine.ground(picture, Target(label, kind="field")).box_px for label in values}
    assert {label: engine.read_value(picture, box).text for label, box in boxes.items() if box} == values
    surface.press(appears(surface, engine, "Fermer"))
    assert engine.ground(look(surface), Target("Remplacer par", kind="field")).outcome == "absent"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("single", [DOWN, UP]),
        ("double", [DOWN, UP, DOWN, UP]),
        ("right", [("press", 3, 400, 300), ("release", 3, 400, 300)]),
    ],
)
def test_a_press_is_where_and_as_it_was_asked_for(
    display: Display, surface: DesktopSurface, kind: PressKind, expected: list[Heard]
) -> None:
    with listening(display) as heard:
        surface.press(AT, kind)
        assert [event for event in heard() if event[0] != "move"] == expected


def test_the_wheel_turns_so_many_notches(display: Display, surface: DesktopSurface) -> None:
    with listening(display) as heard:
        for steps in (2, -1, 0):
            surface.scroll(AT, steps)
        assert [button for what, button, *_ in heard() if what == "press"] == [5, 5, 4]


def test_a_drag_moves_while_it_is_held(display: Display, surface: DesktopSurface) -> None:
    with listening(display) as heard:
        surface.drag(AT, NormPoint(500.5 / WIDTH, 400.5 / HEIGHT))
        events = heard()
    held = events[events.index(DOWN) :]
    assert held[-1] == ("release", 1, 500, 400)
    assert len([what for what, *_ in held if what == "move"]) >= 10


def test_a_picture_has_the_colours_of_the_screen(display: Display, surface: DesktopSurface) -> None:
    with listening(display):
        frame = decode(surface.screenshot())
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert frame[300, 400].tolist() == [0x33, 0x66, 0x99]


# --- several monitors -----------------------------------------------------------------------------


@pytest.fixture
def two(display: Display) -> Iterator[None]:
    """The screen as two monitors: the main one to the right, a smaller one to the left of it."""
    display.run("xrandr", "--setmonitor", "LEFT", "600/200x500/200+0+100", "none")
    display.run("xrandr", "--setmonitor", "*RIGHT", "766/200x768/200+600+0", "screen")
    yield
    for name in ("LEFT", "RIGHT"):
        display.run("xrandr", "--delmonitor", name)


@pytest.mark.usefixtures("two")
def test_a_point_is_a_share_of_the_chosen_monitor(display: Display) -> None:
    found = monitors(display.name)
    assert [one.box for one in found] == [Box(600, 0, 766, HEIGHT), Box(0, 100, 600, 500)]
    with listening(display) as heard, open_desktop(display.name, monitor=2) as surface:
        surface.press(NormPoint(0.5, 0.5))
        assert ("press", 1, 300, 350) in heard()
        assert decode(surface.screenshot()).shape == (500, 600, 3)


def test_a_monitor_that_is_not_there_is_said(display: Display) -> None:
    with pytest.raises(AgentError, match="has 1 monitors"), open_desktop(display.name, monitor=2):
        pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # python-xlib drops its sockets open
def test_a_screen_that_is_not_there_is_said() -> None:
    with pytest.raises(AgentError, match="No screen answers at :4999"), open_desktop(":4999"):
        pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_screen_that_goes_is_said(tmp_path: Path) -> None:
    with screen(tmp_path) as short, open_desktop(short.name) as surface:
        surface.press(AT)
        short.stop()
        with pytest.raises(AgentError):
            surface.press(AT)
        with pytest.raises(AgentError):
            surface.screenshot()


# --- typing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layout", "text"), [("fr", "où est l'été 3 @ #"), ("us", "where is [it] @ #3")])
def test_a_text_is_typed_as_the_machine_s_keyboard_has_it(
    display: Display, surface: DesktopSurface, editor: Path, layout: str, text: str
) -> None:
    display.keyboard(layout)
    surface.press(NormPoint(0.2, 0.3))
    surface.type_text(text)
    assert saved(surface, editor) == text


def test_a_french_text_is_typed_key_by_key_with_its_dead_keys(
    display: Display, surface: DesktopSurface, editor: Path
) -> None:
    display.keyboard("fr")
    text = 'où, forêt, Noël : 3 € @ [x] {y} "z" \\'
    surface.press(NormPoint(0.2, 0.3))
    surface.type_keys([*keystrokes(text, "azerty-fr"), named_key("Enter"), *keystrokes("fin", "azerty-fr")])
    assert saved(surface, editor) == f"{text}\nfin"


def test_what_the_keyboard_has_no_key_for_is_refused_before_anything_is_typed(
    display: Display, surface: DesktopSurface
) -> None:
    display.keyboard("us")
    with listening(display) as heard:
        with pytest.raises(UntypableError, match="number 3 ") as refused:
            surface.type_text("abÉ")
        assert heard() == []
    assert "É" not in str(refused.value)


# --- the panic key --------------------------------------------------------------------------------


def test_the_panic_key_stops_it_between_two_keys_and_for_good(display: Display, surface: DesktopSurface) -> None:
    person = X11(display.name)
    display.keyboard("us")

    def press_it() -> None:
        time.sleep(0.3)
        person.key(KEY_NUMBERS["Pause"], is_down=True)
        time.sleep(0.1)
        person.key(KEY_NUMBERS["Pause"], is_down=False)

    with listening(display) as heard:
        thread = threading.Thread(target=press_it)
        thread.start()
        with pytest.raises(PanicError):
            surface.type_text("a" * 2000)
        thread.join()
        typed = len([what for what, *_ in heard() if what == "key"])
        assert 1 < typed < 1000
        for deed in (lambda: surface.press(AT), lambda: surface.type_text("b"), lambda: surface.scroll(AT, 1)):
            with pytest.raises(PanicError):
                deed()
        assert len([what for what, *_ in heard() if what in ("key", "press")]) == typed
    assert not person.is_down(KEY_NUMBERS["ControlLeft"])
    person.close()


def test_a_key_that_is_none_cannot_stop_it(display: Display) -> None:
    with pytest.raises(AgentError, match="no key Panic"), open_desktop(display.name, panic_key="Panic"):
        pass


# --- the dry run ----------------------------------------------------------------------------------


def test_a_dry_run_draws_what_it_would_do_and_does_nothing(
    display: Display, surface: DesktopSurface, tmp_path: Path
) -> None:
    with listening(display) as heard:
        rehearsal = DryRunSurface(surface, tmp_path / "rehearsal")
        rehearsal.press(AT)
        rehearsal.drag(AT, NormPoint(0.6, 0.6))
        rehearsal.scroll(AT, 2)
        rehearsal.type_text("secret")
        rehearsal.type_keys([SAVE])
        assert heard() == []
        plain = decode(rehearsal.screenshot())
    drawn = sorted((tmp_path / "rehearsal").iterdir())
    names = ["001-press-single.png", "002-drag.png", "003-scroll.png", "004-type.png", "005-type.png"]
    assert [path.name for path in drawn] == names
    pressed = decode(drawn[0].read_bytes())
    changed = np.argwhere((pressed != plain).any(axis=2))
    assert np.abs(changed.mean(axis=0) - (300, 400)).max() < 1
    assert (decode(drawn[3].read_bytes()) == plain).all()
