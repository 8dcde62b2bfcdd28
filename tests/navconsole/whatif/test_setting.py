import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.whatif.setting import Setting, parse_setting, reading_name
from navigation.settings import Thresholds

OWN = Setting(Thresholds(), "Valider", "first")
READINGS = ["first", "second"]


def test_what_the_address_leaves_out_is_the_attempts_own() -> None:
    assert parse_setting({}, OWN, READINGS) == OWN
    assert parse_setting({"score": "", "text": "  ", "reader": ""}, OWN, READINGS) == OWN


def test_limits_are_typed_in_per_cent() -> None:
    changed = parse_setting({"score": "85", "margin": "2,5", "text": " Signer ", "reader": "second"}, OWN, READINGS)
    assert (changed.limits.score, changed.limits.margin) == (0.85, 0.025)
    assert changed.limits.candidate_floor == OWN.limits.candidate_floor
    assert (changed.text, changed.reading, changed.errors) == ("Signer", "second", {})


@pytest.mark.parametrize(
    ("args", "errors"),
    [
        ({"score": "nan"}, {"score": "percent"}),
        ({"margin": "101"}, {"margin": "percent"}),
        ({"score": "-1", "margin": "x"}, {"score": "percent", "margin": "percent"}),
        ({"text": "x" * 201}, {"text": "text"}),
        ({"reader": "third"}, {"reader": "choice"}),
    ],
)
def test_what_cannot_be_used_is_named_and_the_attempts_own_stays(args: dict[str, str], errors: dict[str, str]) -> None:
    changed = parse_setting(args, OWN, READINGS)
    assert changed.errors == errors
    assert (changed.limits, changed.text, changed.reading) == (OWN.limits, OWN.text, OWN.reading)


@given(st.dictionaries(st.sampled_from(["score", "margin", "text", "reader"]), st.text(max_size=210)))
def test_no_address_breaks_it(args: dict[str, str]) -> None:
    changed = parse_setting(args, OWN, READINGS)
    assert 0 <= changed.limits.score <= 1
    assert changed.reading in READINGS


def test_a_reading_is_called_by_its_readers() -> None:
    assert reading_name("tesserocr/5.5.4/fra+rapidocr/3.10.0/onnxruntime-1.32.0/cells2x-2") == "tesserocr + rapidocr"
    assert reading_name("seeded") == "seeded"
