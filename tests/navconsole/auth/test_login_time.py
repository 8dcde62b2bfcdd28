"""The time of a refused log-in does not tell an account from none; `python -m tests.bench.login_time` takes 1,000."""

from __future__ import annotations

from itertools import combinations

from navigation.store.protocol import Store
from tests.bench.login_time import KINDS, measured, told


def test_the_time_of_a_refused_log_in_tells_no_account_from_none(store: Store) -> None:
    spent = measured(store, 30)
    for first, second in combinations(KINDS, 2):
        # of ten and ten, chance alone leaves these bounds once in some 2,000 times
        assert 0.04 < told(spent[first], spent[second]) < 0.96, (first, second)
