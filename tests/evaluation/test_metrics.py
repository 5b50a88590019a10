from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.evaluation.metrics import bootstrap, hit_gain, hit_rate, ndcg, ndcg_gain, places
from neo_sdk.errors import InvalidRequestError

LISTS = st.lists(st.permutations(list(range(8))).flatmap(lambda p: st.integers(0, 8).map(lambda n: p[:n])), max_size=12)


@settings(deadline=None)
@given(LISTS, st.data(), st.integers(1, 10))
def test_metrics_equal_brute_force(lists: list[list[int]], data: st.DataObject, k: int) -> None:
    targets = data.draw(st.lists(st.integers(0, 9), min_size=len(lists), max_size=len(lists)))
    found = places([np.array(rows, dtype=np.int64) for rows in lists], np.array(targets))
    hits = [1.0 if target in rows[:k] else 0.0 for rows, target in zip(lists, targets, strict=True)]
    gains = [
        1 / math.log2(2 + rows.index(target)) if hit else 0.0
        for rows, target, hit in zip(lists, targets, hits, strict=True)
    ]
    if not lists:
        assert math.isnan(hit_rate(found, k)) and math.isnan(ndcg(found, k))
        return
    assert hit_rate(found, k) == pytest.approx(sum(hits) / len(hits))
    assert ndcg(found, k) == pytest.approx(sum(gains) / len(gains))
    assert ndcg(found, k) <= hit_rate(found, k)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-1, 30), min_size=1, max_size=80), st.integers(1, 30), st.integers(0, 99))
def test_interval_holds_the_mean_and_repeats(found: list[int], k: int, seed: int) -> None:
    for gain in (hit_gain, ndcg_gain):
        estimate = bootstrap(np.array(found), gain, k, seed)
        assert estimate.value == pytest.approx(gain(np.array(found), k).mean())
        assert estimate.low <= estimate.value + 1e-12
        assert estimate.value <= estimate.high + 1e-12
        assert estimate == bootstrap(np.array(found), gain, k, seed)


def test_interval_is_that_of_drawing_cases() -> None:
    rng = np.random.default_rng(0)
    found = rng.integers(-5, 12, 400)
    found[found < 0] = -1
    gains = ndcg_gain(found, 10)
    drawn = gains[rng.integers(0, 400, (20_000, 400))].mean(axis=1)
    estimate = bootstrap(found, ndcg_gain, 10, seed=1, resamples=20_000)
    assert [estimate.low, estimate.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]).tolist(), abs=0.002)


def test_no_cases_is_not_a_number() -> None:
    estimate = bootstrap(np.empty(0, dtype=np.int64), hit_gain, 10, seed=0)
    assert all(math.isnan(value) for value in (estimate.value, estimate.low, estimate.high))


def test_a_list_too_few_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="1 ranked lists for 2 targets"):
        places([np.array([1])], np.array([1, 2]))
