"""Tick boxes, radio buttons and tabs as a real Chromium draws them, in themes and scales: ticked, chosen, or None."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from navigation.agents.browser import BrowserSurface, open_browser
from navigation.tabs import chosen_tab, is_chosen
from navigation.ticks import is_ticked
from tests.navigation.agents.live import SIZE, box_of, middle_of, seen, show

pytestmark = pytest.mark.browser

TICK_STYLE = """
input{margin:6px}
.sq,.rd{display:inline-block;position:relative;box-sizing:border-box;margin:6px;vertical-align:middle;background:#fff}
.sq{width:18px;height:18px;border:2px solid #556;border-radius:4px}
.sq.on{background:#1668b8;border-color:#1668b8}
.sq.on::after{content:'';position:absolute;left:4px;top:0;width:4px;height:9px;border:solid #fff;
  border-width:0 2.5px 2.5px 0;transform:rotate(45deg)}
.gl{display:inline-block;width:20px;height:20px;border:1px solid #888;margin:6px;text-align:center;line-height:20px;
  font-size:17px;background:#fff;color:#111;vertical-align:middle}
.rd{width:20px;height:20px;border:2px solid #777;border-radius:50%}
.rd.on{border-color:#6200ee}
.rd.on::after{content:'';position:absolute;inset:3px;border-radius:50%;background:#6200ee}
"""
ACCENTS = ("auto", "#c62f3a", "#1c8a4d", "#ffd400")


def boxes() -> list[tuple[str, bool | None]]:
    """Elements and what they say; None for one that is partly ticked or no tick box."""
    found: list[tuple[str, bool | None]] = []
    for accent in ACCENTS:
        for is_disabled in ("", "disabled"):
            more = f'style="accent-color:{accent}" {is_disabled}'
            found += [
                (f"<input type=checkbox {more}>", False),
                (f"<input type=checkbox checked {more}>", True),
                (f"<input type=checkbox class=part {more}>", None),
                (f"<input type=radio {more}>", False),
                (f"<input type=radio checked name=r{len(found)} {more}>", True),
            ]
    found += [("<i class=sq></i>", False), ("<i class='sq on'></i>", True)]
    found += [("<i class=rd></i>", False), ("<i class='rd on'></i>", True)]
    found += [("<i class=gl></i>", False), ("<i class=gl>✓</i>", True), ("<i class=gl>✔</i>", True)]
    found += [(f"<i class=gl>{sign}</i>", None) for sign in "+−?A4▾"]
    return found


@pytest.fixture(scope="module")
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


@pytest.mark.parametrize("zoom", [0.8, 0.9, 1, 1.1, 1.25, 1.5, 2])
@pytest.mark.parametrize(("scheme", "page"), [("light", "#fff"), ("light", "#eef2f4"), ("dark", "#1e2024")])
def test_no_box_is_taken_for_what_it_is_not(surface: BrowserSurface, zoom: float, scheme: str, page: str) -> None:
    elements = boxes()
    show(
        surface,
        "".join(f"<span class=one>{element}</span>" for element, _ in elements),
        style=TICK_STYLE + f"html{{zoom:{zoom};color-scheme:{scheme}}}body{{background:{page}}}",
        script="document.querySelectorAll('.part').forEach(box => box.indeterminate = true)",
    )
    picture = seen(surface)
    answers = [is_ticked(picture, box_of(surface, ".one > *", number)) for number in range(len(elements))]
    wrong = [
        (element, says, answer)
        for (element, says), answer in zip(elements, answers, strict=True)
        if answer is not None and answer != says
    ]
    assert wrong == []
    told = Counter(answer is not None for (_, says), answer in zip(elements, answers, strict=True) if says is not None)
    assert told[True] >= (0.8 if zoom >= 1 else 0.6) * told.total()


@pytest.mark.parametrize("zoom", [1, 1.5])
def test_a_press_on_a_real_box_is_seen(surface: BrowserSurface, zoom: float) -> None:
    show(surface, "<input type=checkbox> À jeun", style=f"html{{zoom:{zoom}}}")
    box = box_of(surface, "input")
    states = [is_ticked(seen(surface), box)]
    for _ in range(2):
        surface.press(middle_of(surface, "input"))
        states.append(is_ticked(seen(surface), box))
    assert states == [False, True, False]


# --- tabs -------------------------------------------------------------------------------------------

BARS = {
    "underlined": ".bar a.on{border-bottom:3px solid #1668b8}",
    "underlined, on a line": ".bar{border-bottom:1px solid #ccd} .bar a.on{border-bottom:3px solid #1668b8}",
    "over-lined": ".bar a{border-top:3px solid transparent} .bar a.on{border-top-color:#c62f3a}",
    "filled": ".bar a{background:#e3e9ed} .bar a.on{background:#1668b8;color:#fff}",
    "joined to the panel": ".bar a{background:#d5dde2;border:1px solid #9aa;border-bottom:1px solid #9aa}"
    ".bar a.on{background:#fff;border-bottom-color:#fff}.panel{border:1px solid #9aa;border-top:0;background:#fff}",
    "bold": ".bar a.on{font-weight:bold}",
    "coloured text": ".bar a{color:#444} .bar a.on{color:#c62f3a}",
    "dark, underlined": "body{background:#1e2024} .bar a{color:#ccc} .bar a.on{border-bottom:2px solid #8ab4f8}",
    "dark, filled": "body{background:#121212} .bar a{color:#bbb;background:#222} .bar a.on{background:#3a4a5a}",
}
ONLY_AMONG_THREE = {"filled", "bold", "coloured text", "dark, filled"}
TABS = ("Synthèse", "Prescriptions", "Examens", "Transmissions")


def bar_of(count: int, chosen: int | None, *, disabled: int | None = None) -> str:
    kinds = {chosen: "on", disabled: "off"}
    tabs = "".join(f"<a class='{kinds.get(number, '')}'>{text}</a>" for number, text in enumerate(TABS[:count]))
    return f"<div class=bar>{tabs}</div><div class=panel><p>Motif : douleur thoracique</p></div>"


def tab_style(name: str, zoom: float) -> str:
    plain = ".bar{display:flex}.bar a{padding:8px 16px;color:#222}.panel{padding:10px;min-height:60px}.off{opacity:.35}"
    return plain + f"html{{zoom:{zoom}}}" + BARS[name]


@pytest.mark.parametrize("zoom", [0.9, 1, 1.25, 1.75])
@pytest.mark.parametrize("name", BARS)
def test_the_chosen_tab_of_four_is_told(surface: BrowserSurface, name: str, zoom: float) -> None:
    for chosen in range(4):
        show(surface, bar_of(4, chosen), style=tab_style(name, zoom))
        picture = seen(surface)
        tabs = [box_of(surface, ".bar a", number) for number in range(4)]
        assert chosen_tab(picture, tabs) == chosen
        assert is_chosen(picture, tabs[chosen], tabs[:chosen] + tabs[chosen + 1 :]) is True
        assert is_chosen(picture, tabs[chosen - 1], [tab for tab in tabs if tab != tabs[chosen - 1]]) is False


@pytest.mark.parametrize("name", BARS)
def test_of_two_tabs_only_a_sure_sign_counts(surface: BrowserSurface, name: str) -> None:
    for chosen in range(2):
        show(surface, bar_of(2, chosen), style=tab_style(name, 1))
        tabs = [box_of(surface, ".bar a", number) for number in range(2)]
        assert chosen_tab(seen(surface), tabs) == (None if name in ONLY_AMONG_THREE else chosen)


@pytest.mark.parametrize("name", BARS)
def test_no_tab_is_chosen_where_none_looks_so(surface: BrowserSurface, name: str) -> None:
    show(surface, bar_of(4, None), style=tab_style(name, 1))
    tabs = [box_of(surface, ".bar a", number) for number in range(4)]
    assert chosen_tab(seen(surface), tabs) is None
    assert is_chosen(seen(surface), tabs[0], tabs[1:]) is None


@pytest.mark.parametrize("name", ["underlined", "bold", "joined to the panel"])
def test_a_tab_that_looks_disabled_is_not_the_chosen_one(surface: BrowserSurface, name: str) -> None:
    show(surface, bar_of(4, None, disabled=2), style=tab_style(name, 1))
    tabs = [box_of(surface, ".bar a", number) for number in range(4)]
    assert chosen_tab(seen(surface), tabs) is None
