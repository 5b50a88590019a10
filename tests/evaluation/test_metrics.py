from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.evaluation.metrics import bootstrap, hit_gain, hits, ndcg_gain
from neo_sdk.errors import InvalidRequestError

RANKED = st.permutations(list(range(8))).flatmap(lambda p: st.integers(0, 8).map(lambda n: p[:n]))
RIGHT = st.sets(st.integers(0, 11), min_size=1, max_size=6)
CASES = st.lists(st.tuples(RANKED, RIGHT), max_size=12)


def arrays(lists: list[list[int]]) -> list[np.ndarray]:
    return [np.array(rows, dtype=np.int64) for rows in lists]


@settings(deadline=None)
@given(CASES, st.integers(1, 10), st.integers(0, 3))
def test_gains_equal_brute_force(cases: list[tuple[list[int], set[int]]], k: int, deeper: int) -> None:
    ranked, right = arrays([rows for rows, _ in cases]), arrays([sorted(items) for _, items in cases])
    found, counts = hits(ranked, right, k + deeper), np.array([len(items) for items in right], dtype=np.int64)
    for (rows, items), hit, ndcg in zip(cases, hit_gain(found, k), ndcg_gain(found, counts, k), strict=True):
        assert hit == float(any(row in items for row in rows[:k]))
        gained = sum(1 / math.log2(place + 2) for place, row in enumerate(rows[:k]) if row in items)
        best = sum(1 / math.log2(place + 2) for place in range(min(k, len(items))))
        assert ndcg == pytest.approx(gained / best) and 0 <= ndcg <= 1
        assert (ndcg > 0) == (hit > 0)
    assert len(hit_gain(found, k)) == len(cases)


@given(RIGHT, st.integers(1, 10))
def test_a_list_of_right_items_is_perfect_and_one_item_is_its_discount(items: set[int], k: int) -> None:
    right = [np.array(sorted(items))]
    assert ndcg_gain(hits(right, right, k), np.array([len(items)]), k) == pytest.approx([1.0])
    alone = hits([np.arange(12)], [np.array([min(items)])], k)
    assert ndcg_gain(alone, np.array([1]), k)[0] == hit_gain(alone, k)[0] / math.log2(min(items) + 2)


def test_a_list_too_few_and_a_case_without_a_right_item_are_told() -> None:
    with pytest.raises(InvalidRequestError, match="1 ranked lists for 2 cases"):
        hits(arrays([[1]]), arrays([[1], [2]]), 5)
    with pytest.raises(InvalidRequestError, match="without a right item"):
        hits(arrays([[1]]), arrays([[]]), 5)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=80), st.integers(0, 99))
def test_interval_holds_the_mean_and_repeats(values: list[float], seed: int) -> None:
    gains = np.array(values)
    estimate = bootstrap(gains, seed)
    assert estimate.value == pytest.approx(gains.mean())
    assert estimate.low <= estimate.value + 1e-12
    assert estimate.value <= estimate.high + 1e-12
    assert estimate == bootstrap(gains, seed)


def test_interval_is_that_of_drawing_cases() -> None:
    rng = np.random.default_rng(0)
    gains = np.where(rng.random(400) < 0.7, 1 / np.log2(2 + rng.integers(0, 10, 400)), 0)
    drawn = gains[rng.integers(0, 400, (20_000, 400))].mean(axis=1)
    estimate = bootstrap(gains, seed=1, resamples=20_000)
    assert [estimate.low, estimate.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]).tolist(), abs=0.002)


def test_no_cases_is_not_a_number() -> None:
    estimate = bootstrap(np.empty(0), seed=0)
    assert all(math.isnan(value) for value in (estimate.value, estimate.low, estimate.high))
