"""The browser as the agent's surface: missing, broken or gone is said; its page is seen and never read."""

from __future__ import annotations

import ast
import os
import traceback
from pathlib import Path

import pytest

import navigation.agents
from navigation.agents.browser import BrowserSurface, find_chromium, open_browser
from navigation.agents.surface import AgentError
from navigation.keyboards import keystrokes
from navigation.types import NormPoint
from tests.navigation.agents.knowing import PASSWORD, SIZE

pytestmark = pytest.mark.browser


def test_a_missing_browser_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentError, match="package chromium"):
        find_chromium()


def test_a_browser_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(AgentError, match="could not be started"), open_browser():
        pass


def test_a_log_of_what_is_typed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "pw:api")
    with pytest.raises(AgentError, match="DEBUG"), open_browser():
        pass


def test_an_address_where_nothing_answers_is_said(surface: BrowserSurface) -> None:
    with pytest.raises(AgentError, match="could not be opened"):
        surface.open("http://127.0.0.1:9/")


def test_a_closed_browser_is_said_without_the_text_to_type() -> None:
    with open_browser(size=SIZE) as surface:
        surface._loop.run(surface._page.close(), 10)
        for use in (
            surface.screenshot,
            lambda: surface.press(NormPoint(0.5, 0.5)),
            lambda: surface.type_text(PASSWORD),
            lambda: surface.type_keys(keystrokes(PASSWORD, "azerty-fr")),
            lambda: surface.drag(NormPoint(0.1, 0.1), NormPoint(0.5, 0.5)),
            lambda: surface.scroll(NormPoint(0.5, 0.5), 1),
        ):
            with pytest.raises(AgentError, match="did not obey") as caught:
                use()
            assert PASSWORD not in "".join(traceback.format_exception(caught.value))


FORBIDDEN = {
    "locator", "content", "evaluate", "evaluate_handle", "query_selector", "query_selector_all", "wait_for_selector",
    "inner_text", "inner_html", "text_content", "get_by_text", "get_by_role", "get_by_label", "get_by_placeholder",
    "frames", "frame", "main_frame", "accessibility", "aria_snapshot", "add_script_tag", "add_init_script",
    "expose_function", "expose_binding", "eval_on_selector", "eval_on_selector_all", "fill", "click_selector",
    "wait_for_function", "route", "on", "title", "select_option", "set_input_files",
}  # fmt: skip
OF_THE_PAGE = {"goto", "mouse", "keyboard", "is_closed", "context"}
OF_THE_DEVTOOLS = {"Page.captureScreenshot", "Input.dispatchKeyEvent"}


def test_the_agent_never_reads_the_page() -> None:
    folder = Path(navigation.agents.__file__).parent
    used: set[str] = set()
    of_page: set[str] = set()
    sent: set[str] = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
                if isinstance(node.value, ast.Attribute) and node.value.attr == "_page":
                    of_page.add(node.attr)
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "send":
                sent.add(node.args[0].value)
    assert not used & FORBIDDEN
    assert of_page == OF_THE_PAGE
    assert sent == OF_THE_DEVTOOLS


def test_only_one_module_knows_the_browser() -> None:
    folder = Path(navigation.agents.__file__).parent
    importing = {file.name for file in folder.glob("*.py") if "playwright" in file.read_text(encoding="utf-8").lower()}
    assert importing == {"browser.py"}
