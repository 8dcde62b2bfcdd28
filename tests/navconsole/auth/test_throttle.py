from datetime import timedelta

import pytest

from navconsole.auth.throttle import ACCOUNT_LIMITS, SOURCE_LIMITS, Limit, wait_needed

LIMITS = (Limit(5, timedelta(seconds=30)), Limit(20, timedelta(minutes=15)))


@pytest.mark.parametrize(
    ("counts", "seconds"), [((0, 0), 0), ((4, 19), 0), ((5, 5), 30), ((4, 20), 900), ((9, 40), 900)]
)
def test_the_wait_grows_with_the_failures(counts: tuple[int, int], seconds: int) -> None:
    assert wait_needed(counts, LIMITS) == timedelta(seconds=seconds)


@pytest.mark.parametrize("limits", [ACCOUNT_LIMITS, SOURCE_LIMITS])
def test_nobody_is_shut_out_for_more_than_minutes(limits: tuple[Limit, ...]) -> None:
    assert max(limit.window for limit in limits) <= timedelta(minutes=15)
