from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.api.json_body import MAX_BYTES, BadJsonError, load_object


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "not_json", id="empty"),
        pytest.param(b"{", "not_json", id="cut"),
        pytest.param(b"{} {}", "not_json", id="two"),
        pytest.param(b"\xff\xfe{}", "not_json", id="not utf-8"),
        pytest.param(b"<html>", "not_json", id="html"),
        pytest.param(b"[]", "not_an_object", id="list"),
        pytest.param(b"null", "not_an_object", id="null"),
        pytest.param(b'{"a": NaN}', "not_a_number", id="NaN"),
        pytest.param(b'{"a": [-Infinity]}', "not_a_number", id="Infinity"),
        pytest.param(b'{"a": 1e999}', "not_a_number", id="overflow"),
        pytest.param(b'{"a": 1, "a": 2}', "duplicate_key", id="duplicate"),
        pytest.param(b'{"b": {"a": 1, "a": 1}}', "duplicate_key", id="duplicate inside"),
        pytest.param(b'{"a": "\\ud800"}', "not_text", id="half a surrogate"),
        pytest.param(b'{"\\udfff": 1}', "not_text", id="half a surrogate as name"),
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep", id="33 levels"),
        pytest.param(b"[" * 60_000, "too_deep", id="60,000 levels"),
        pytest.param(b'{"a": "' + b"x" * MAX_BYTES + b'"}', "too_large", id="large"),
        pytest.param(b'{"a": ' + b"9" * 10_000 + b"}", "not_json", id="endless number"),
    ],
)
def test_what_could_mean_two_things_or_cost_too_much_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadJsonError) as caught:
        load_object(data)
    assert caught.value.code == code


def test_brackets_inside_texts_are_not_depth() -> None:
    value = {"a": "[" * 100 + '\\"{' * 10}
    assert load_object(json.dumps(value).encode()) == value


def test_32_levels_are_taken() -> None:
    assert load_object(b'{"a":' * 32 + b"1" + b"}" * 32)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.booleans())
def test_any_good_object_comes_back_as_it_is(value: dict[str, Any], ascii_only: bool) -> None:
    assert load_object(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    with contextlib.suppress(BadJsonError):
        assert isinstance(load_object(data), dict)
