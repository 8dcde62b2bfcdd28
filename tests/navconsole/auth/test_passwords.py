import time

import pytest

from navconsole.auth import passwords
from navconsole.auth.passwords import hash_password, needs_rehash, problem_with, verify_password


def test_a_password_is_kept_as_argon2id_with_its_own_salt() -> None:
    first, second = hash_password("correct horse battery"), hash_password("correct horse battery")
    assert first.startswith("$argon2id$")
    assert first != second
    assert verify_password(first, "correct horse battery")
    assert not verify_password(first, "correct horse batterz")
    assert not needs_rehash(first)


def test_weaker_parameters_are_noticed() -> None:
    assert needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$PYj0nMBZ2fHWBNrSMEBhKA")


def test_long_passwords_are_not_cut() -> None:
    long = "é" * 199
    stored = hash_password(long + "a")
    assert verify_password(stored, long + "a")
    assert not verify_password(stored, long + "b")


def test_the_same_accents_by_other_keys_are_the_same_password() -> None:
    assert verify_password(hash_password("café très serré !"), "cafe\u0301 tre\u0300s serre\u0301 !")


def test_no_account_takes_as_long_as_a_wrong_password() -> None:
    stored = hash_password("correct horse battery")
    verify_password(None, "x")
    spent = [_seconds(known, "wrong password 1234") for known in (stored, None) for _ in range(3)]
    assert min(spent[3:]) > 0.4 * min(spent[:3])


def test_garbage_in_the_store_is_a_refusal() -> None:
    assert not verify_password("not a hash", "anything at all")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("court", "short"),
        ("a" * 14, "short"),
        ("x" * 1025, "long"),
        ("a" * 15, "common"),
        ("abcabcabcabcabc", "common"),
        ("Navconsole-2026!", "common"),
        ("momsanaladventure", "common"),
        ("passwordpassword", "common"),
        ("Motdepasse 123456", "common"),
        ("azertyuiopqsdfg", "common"),
        ("anne.roy anne.roy", "common"),
        ("quatre lampes bleues", None),
        ("été où ça là-bas", None),
        (" " * 15, "common"),
        ("3141592653589793", None),
    ],
)
def test_what_a_new_password_may_be(password: str, problem: str | None) -> None:
    assert problem_with(password, name="Anne Roy") == problem


def _seconds(stored: str | None, password: str) -> float:
    begin = time.perf_counter()
    verify_password(stored, password)
    return time.perf_counter() - begin


def test_at_least_3000_common_passwords_are_refused_whatever_is_put_around_them() -> None:
    assert len(passwords._blocklist()) > 25_000
    refused = [word for word in sorted(passwords._blocklist())[::5] if word.isalpha()]
    assert len(refused) >= 3000
    assert {problem_with(f"{word.title()}!{'0123456789' * 2}"[:1000], name="ann") for word in refused} == {"common"}
