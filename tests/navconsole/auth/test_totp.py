from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navconsole.auth import totp

KEY = b"12345678901234567890"
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
"""RFC 4226, appendix D: the codes of the first ten counters for this key."""
TOTP = {59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037"}
"""RFC 6238, appendix B: codes of eight digits by second; ours are their last six."""


def test_the_codes_are_those_of_rfc_4226() -> None:
    assert [totp.code_at(KEY, counter) for counter in range(10)] == HOTP


@pytest.mark.parametrize(("second", "code"), [*TOTP.items(), (20000000000, "65353130")])
def test_the_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    assert totp.code_at(KEY, totp.step_at(moment)) == code[2:]


@given(key=st.binary(min_size=20, max_size=20), now=st.integers(4, 2**40), drift=st.integers(-3, 3))
def test_a_code_is_good_one_step_either_way_and_names_its_step(key: bytes, now: int, drift: int) -> None:
    found = totp.step_of(key, totp.code_at(key, now + drift), now)
    if abs(drift) <= 1:
        assert found is not None
        assert totp.code_at(key, found) == totp.code_at(key, now + drift)
    else:  # but for the one in 300,000 that has the code of a neighbour
        assert found is None or totp.code_at(key, found) == totp.code_at(key, now + drift)


def test_the_key_is_shown_in_groups_and_given_to_the_camera_whole() -> None:
    assert totp.shown_key(KEY) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    uri = urlsplit(totp.provisioning_uri(KEY, "Anne & Éluard", "navconsole"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/navconsole:Anne & Éluard")
    assert parse_qs(uri.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["navconsole"]}
