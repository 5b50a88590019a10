from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.evaluation.sign_test import sign_test, versus_all
from neo_sdk.errors import InvalidRequestError


def test_the_higher_gain_wins_and_ties_count_for_neither() -> None:
    assert sign_test(np.array([1, 0.4, 0, 0, 0.5]), np.array([0.6, 0.5, 0.3, 0, 0.5]))[:2] == (1, 2)
    assert sign_test(np.array([0.5, 0]), np.array([0.5, 0])) == (0, 0, 1.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_p_is_that_of_a_fair_coin(pairs: list[tuple[int, int]]) -> None:
    mine, theirs = np.array([a for a, _ in pairs], dtype=int), np.array([b for _, b in pairs], dtype=int)
    wins, losses, p = sign_test(mine, theirs)
    n, few = wins + losses, min(wins, losses)
    expected = min(1.0, 2 * sum(comb(n, k) for k in range(few + 1)) / 2**n)
    assert p == pytest.approx(expected)
    assert sign_test(theirs, mine) == (losses, wins, p)


def test_groups_are_compared_apart() -> None:
    gains = {"NEO": np.array([1, 0.6, 0]), "other": np.array([0.6, 1, 1])}
    found = {pair.group: (pair.wins, pair.losses) for pair in versus_all(gains, ["a", "b", "a"], "recommend", "NEO")}
    assert found == {"a": (1, 1), "b": (0, 1)}


def test_different_cases_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="same cases"):
        sign_test(np.zeros(2), np.zeros(3))
