from __future__ import annotations

import ast
from pathlib import Path

import navigation
from navigation.reasons import DETAILS, Reason

RAISERS = ("OcrUnavailableError", "VlmUnavailableError", "VlmInvalidError", "_unavailable")
PACKAGE = Path(navigation.__file__).parent


def _details() -> set[str]:
    """Every constant text given to an error whose detail becomes part of a reason."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                found.update(texts if name in RAISERS else ())
    return found


def test_every_detail_of_an_error_is_listed_for_translation() -> None:
    assert _details() <= set(DETAILS)
    assert len(_details()) > 15


def test_a_detail_is_translated_with_its_sentence() -> None:
    french = {"it cannot be reached": "il est injoignable"}
    reason = Reason("vlm_unavailable", {"detail": "it cannot be reached"})
    assert "(il est injoignable)" in reason.sentence(lambda text: french.get(text, text))


def test_a_detail_that_nobody_listed_stays_as_it_is() -> None:
    assert "(strange {brace})" in Reason("vlm_invalid", {"detail": "strange {brace}"}).sentence()


def test_a_passed_screen_reads_well_for_one_text_and_for_many() -> None:
    one, many = (Reason("screen_passed", {"count": count}).sentence() for count in (1, 3))
    assert one == "Every expected text was checked (1); the screen is the right one."
    assert many == one.replace("(1)", "(3)")
