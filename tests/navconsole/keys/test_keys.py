"""One table of keys: complete, without doubles, and changed by a person for themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.keys.table import CAUSE_KEYS, NAMES, TABLE, effective, problems_with, translation
from navigation.labels import CAUSES
from navigation.store.protocol import Store
from tests.navconsole.conftest import Login

USUAL = effective({})


def test_no_key_stands_for_two_things_and_each_cause_has_one() -> None:
    assert problems_with(USUAL) == {}
    assert len(CAUSE_KEYS) == len(set(CAUSE_KEYS)) == len(CAUSES)
    labelling = {key.default for key in TABLE if key.where == "label"}
    assert not labelling & set(CAUSE_KEYS)


@given(st.permutations(list(USUAL.values())))
def test_a_translated_key_means_what_its_owner_chose(keys: list[str]) -> None:
    own = dict(zip(NAMES, keys, strict=True))
    translated = translation(own)
    for key in TABLE:
        assert translated.get(own[key.name], own[key.name]) == key.default


def test_a_key_that_was_given_up_means_nothing() -> None:
    assert translation({"right": "v"}) == {"v": "y", "y": ""}
    assert translation({"right": "x", "wrong": "y"}) == {"x": "y", "y": "x"}


def test_own_keys_are_kept_and_reach_every_page(login: Login, store: Store, attempts: list[str]) -> None:
    ann, bob = login(name="ann"), login(name="bob")
    assert ann.submit("/account/keys", **{**USUAL, "right": "v"}).status_code == 303
    page = ann.get(f"/attempts/{attempts[0]}").text
    assert 'data-keys="{&#34;y&#34;: &#34;&#34;, &#34;v&#34;: &#34;y&#34;}"' in page
    assert "<dt><kbd>v</kbd></dt>" in page
    assert "<dt><kbd>y</kbd></dt>" in bob.get(f"/attempts/{attempts[0]}").text
    ann.submit("/account/keys", reset="1")
    assert "<dt><kbd>y</kbd></dt>" in ann.get(f"/attempts/{attempts[0]}").text
    assert store.audit_events()[0][1].action == "keys_changed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"right": "x"}, "stands for two things"), ({"right": ""}, "One character"), ({"right": "é "[0] * 2}, "One char")],
    ids=["twice", "none", "two"],
)
def test_keys_that_cannot_be_are_marked(login: Login, changes: dict[str, str], message: str) -> None:
    client = login("viewer")
    answer = client.submit("/account/keys", **{**USUAL, **changes})
    assert answer.status_code == 422
    assert message in answer.text
    assert client.get("/account/keys").text.count('value="y"') == 1
