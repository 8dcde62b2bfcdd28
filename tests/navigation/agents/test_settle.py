"""Waiting for a screen to stand still: films drawn frame by frame, and pages that move in a real Chromium."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from navigation.agents.browser import BrowserSurface, open_browser
from navigation.agents.settle import Timing, settled, settled_after_press
from navigation.agents.stillness import Stillness, is_fading
from navigation.protocols import RgbImage
from navigation.types import Box
from tests.navigation.agents.live import SIZE, ask, seen, show

QUICK = Timing(gap_s=0.001, budget_s=20, reaction_s=2)
PRESSED = Box(500, 300, 120, 36)
GAP_S = 0.12


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype("LiberationSans-Regular.ttf", size)


Paint = Callable[[ImageDraw.ImageDraw], None]


def screen(*paints: Paint) -> RgbImage:
    """A form on a 700 x 400 screen, with more painted on it."""
    image = Image.new("RGB", (700, 400), (238, 242, 244))
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 60, 360, 95), fill="white", outline=(120, 120, 120))
    pen.text((48, 68), "Recherche d'un patient", font=font(16), fill=(20, 20, 20))
    pen.rectangle((500, 300, 620, 336), fill=(22, 104, 184))
    for paint in paints:
        paint(pen)
    return np.asarray(image).copy()


def text(value: str, *, at: tuple[int, int] = (48, 150), size: int = 16) -> Paint:
    return lambda pen: pen.text(at, value, font=font(size), fill=(20, 20, 20))


def block(*corners: int, fill: str | tuple[int, int, int] = "black") -> Paint:
    return lambda pen: pen.rectangle(corners, fill=fill)


CARET = block(220, 66, 221, 88)
MESSAGE = block(10, 10, 690, 50, fill=(250, 200, 200))


def clock(tenths: int, size: int = 16) -> Paint:
    shown = f"14:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"
    return text(shown, at=(470, 16), size=size)


def spinner(turn: int, size: int = 24) -> Paint:
    return lambda pen: pen.arc((300, 200, 300 + size, 200 + size), turn * 40, turn * 40 + 250, fill="black", width=3)


def bar(width: int) -> Paint:
    return block(40, 200, 40 + width, 212, fill=(22, 104, 184))


def dialog(opacity: float) -> RgbImage:
    shaded = screen(block(150, 100, 550, 300, fill=(40, 60, 80)), text("Allergie connue", at=(180, 130), size=20))
    return np.asarray(screen() * (1 - opacity) + shaded * opacity, np.uint8)


class Film:
    """Frames in turn; the last one stays."""

    def __init__(self, *frames: RgbImage) -> None:
        self.frames, self.taken = list(frames), 0

    def __call__(self) -> RgbImage:
        self.taken += 1
        return self.frames.pop(0) if len(self.frames) > 1 else self.frames[0]


def looks_until_still(frame_at: Callable[[int], RgbImage], *, most: int = 60, restless_s: float = 1.0) -> int | None:
    """How many looks, one each 0.12 s, it takes until the screen counts as standing still; None: never."""
    stillness = Stillness(restless_s=restless_s)
    return next((look + 1 for look in range(most) if stillness.sees(frame_at(look), look * GAP_S)), None)


# --- what stands still ------------------------------------------------------------------------------


def test_two_frames_alike_are_enough() -> None:
    assert looks_until_still(lambda look: screen()) == 2


@pytest.mark.parametrize("phase", range(9))
def test_a_blinking_caret_costs_at_most_one_look(phase: int) -> None:
    found = looks_until_still(lambda look: screen(CARET) if (look + phase) // 4 % 2 else screen())
    assert found is not None
    assert found <= 3


def test_a_caret_that_blinks_at_every_look_is_looked_past() -> None:
    assert looks_until_still(lambda look: screen(CARET) if look % 2 else screen()) == 3


@pytest.mark.parametrize("phase", range(9))
def test_a_clock_that_ticks_each_second_costs_at_most_one_look(phase: int) -> None:
    found = looks_until_still(lambda look: screen(clock(10 * ((look + phase) * 12 // 100))))
    assert found is not None
    assert found <= 3


@pytest.mark.parametrize("size", [12, 16, 24, 36])
@pytest.mark.parametrize("start", [0, 57, 596])
def test_a_clock_that_changes_at_every_look_is_looked_past_after_a_second(size: int, start: int) -> None:
    found = looks_until_still(lambda look: screen(clock(start + look * 12 // 10, size)))
    assert found is not None
    assert 1.0 / GAP_S <= found <= 3.0 / GAP_S


def test_a_caret_and_a_clock_together_are_looked_past() -> None:
    found = looks_until_still(lambda look: screen(clock(look * 12 // 10), *([CARET] if look % 2 else [])))
    assert found is not None


# --- what is waited for -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [14, 16, 24, 40, 64])
def test_a_spinner_is_waited_for(size: int) -> None:
    assert looks_until_still(lambda look: screen(spinner(look, size))) is None


def test_a_spinner_is_waited_for_beside_a_clock() -> None:
    assert looks_until_still(lambda look: screen(spinner(look), clock(look * 12 // 10))) is None


def test_the_page_after_a_spinner_is_the_one_that_counts() -> None:
    assert looks_until_still(lambda look: screen(spinner(look)) if look < 20 else screen(MESSAGE)) == 22


@pytest.mark.parametrize("step", [1, 3, 7, 20])
def test_a_growing_bar_is_waited_for(step: int) -> None:
    end = 300 // step
    found = looks_until_still(lambda look: screen(bar(min(300, look * step))), most=400)
    assert found is not None
    assert found > end


@pytest.mark.parametrize("looks", [3, 8, 40], ids=["quickly", "slowly", "so slowly that each look seems the same"])
def test_a_dialog_that_fades_in_is_waited_for(looks: int) -> None:
    found = looks_until_still(lambda look: dialog(min(1.0, look / looks)))
    assert found is not None
    assert found > looks


def test_letters_that_arrive_one_by_one_are_waited_for() -> None:
    name = "MARTIN-Jeanne-12/03/1958"
    found = looks_until_still(lambda look: screen(text(name[:look])))
    assert found is not None
    assert found > len(name)


def test_another_size_of_screen_is_no_standing_still() -> None:
    sizes = [screen(), screen()[:-4], screen()[:-4]]
    assert looks_until_still(lambda look: sizes[look], most=3) == 3


def test_noise_of_a_lossy_display_is_no_fading() -> None:
    noise = np.random.default_rng(7).integers(-4, 5, screen().shape)
    noisy = np.clip(screen().astype(int) + noise, 0, 255).astype(np.uint8)
    assert not is_fading(screen(), noisy)
    assert is_fading(dialog(0.1), dialog(0.14))


# --- waiting --------------------------------------------------------------------------------------


def test_a_screen_is_settled_when_two_frames_agree() -> None:
    film = Film(*[screen(text(shown)) for shown in ("a", "ab", "abc", "abc", "late")])
    answer = settled(film, QUICK)
    assert answer.has_settled
    assert np.array_equal(answer.view, screen(text("abc")))
    assert film.taken == 4


def test_a_screen_that_still_looks_as_it_did_has_settled() -> None:
    film = Film(screen(text("abc")))
    settled(film, QUICK, last=screen(text("abc"), CARET))
    assert film.taken == 1
    changed = Film(screen(text("abcd")), screen(text("abcd")))
    assert np.array_equal(settled(changed, QUICK, last=screen(text("abc"))).view, screen(text("abcd")))
    assert changed.taken == 2


def test_a_screen_that_never_stands_still_is_taken_as_it_is_and_said() -> None:
    turn = iter(range(10**6))
    answer = settled(lambda: screen(spinner(next(turn))), Timing(gap_s=0.001, budget_s=0.05))
    assert not answer.has_settled
    assert math.isclose(answer.view.size, screen().size)


def test_the_effect_of_a_press_is_waited_for_beyond_the_buttons_own_change() -> None:
    focused, effect = screen(block(500, 300, 620, 336, fill=(10, 60, 120))), screen(MESSAGE)
    film = Film(focused, focused, focused, focused, effect)
    answer = settled_after_press(film, screen(), PRESSED, QUICK)
    assert answer.has_settled
    assert np.array_equal(answer.view, effect)


def test_a_field_is_not_waited_for_like_a_button() -> None:
    focused = screen(text("a"))
    film = Film(focused, focused, screen(MESSAGE))
    assert np.array_equal(settled_after_press(film, screen(), None, QUICK).view, focused)


def test_a_button_without_effect_is_waited_for_only_so_long() -> None:
    brief = Timing(gap_s=0.001, budget_s=20, reaction_s=0.05)
    assert np.array_equal(settled_after_press(Film(screen()), screen(), PRESSED, brief).view, screen())


# --- in a real browser ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


@pytest.mark.browser
def test_a_real_caret_and_a_real_clock_do_not_hold_the_screen_up(surface: BrowserSurface) -> None:
    show(
        surface,
        "<p id=clock>0</p><input autofocus value=MARTIN>",
        script="setInterval(() => clock.textContent = new Date().toISOString().slice(11, 21), 50)",
    )
    assert settled(lambda: seen(surface), Timing(budget_s=30)).has_settled


@pytest.mark.browser
def test_a_real_spinner_holds_the_screen_up_until_the_page_is_there(surface: BrowserSurface) -> None:
    show(
        surface,
        "<div id=wait></div><p id=result></p>",
        style="#wait{width:32px;height:32px;border:4px solid #ccc;border-top-color:#06c;border-radius:50%;"
        "animation:turn 1s linear infinite}@keyframes turn{to{transform:rotate(360deg)}}",
        script="setTimeout(() => { wait.remove(); result.textContent = '3 patients'; }, 1500)",
    )
    answer = settled(lambda: seen(surface), Timing(budget_s=30))
    assert answer.has_settled
    assert ask(surface, "result.textContent") == "3 patients"


@pytest.mark.browser
def test_a_real_dialog_is_seen_whole(surface: BrowserSurface) -> None:
    show(
        surface,
        "<button onclick=\"box.className='open'\">Prescrire</button><div id=box>Allergie : pénicilline</div>",
        style="#box{position:absolute;left:200px;top:150px;width:400px;height:200px;background:#fff;opacity:0;"
        "border:1px solid;transition:opacity 1.2s} #box.open{opacity:1} body{background:#e8eef0}",
    )
    before = seen(surface)
    ask(surface, "document.querySelector('button').click()")
    answer = settled_after_press(lambda: seen(surface), before, Box(20, 20, 90, 24), Timing(budget_s=30))
    assert answer.has_settled
    assert ask(surface, "getComputedStyle(box).opacity") == "1"
    assert np.array_equal(answer.view, seen(surface))
