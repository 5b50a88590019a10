from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_sequences import CATALOG, HISTORY, ITEMS, SEQUENCES, SHOWS, events_of, fit_popular

from neo.baselines.item_cf import ItemCF
from neo.baselines.popularity import Popularity
from neo.catalog.met_together import item_similarity
from neo_sdk.errors import InvalidRequestError


def slow_similarity(sequences: list[list[int]], tail_length: int | None = 20) -> dict[tuple[int, int], float]:
    count: dict[int, int] = defaultdict(int)
    together: dict[tuple[int, int], float] = defaultdict(float)
    for sequence in sequences:
        for item in sequence:
            count[item] += 1
        tail = sequence if tail_length is None else sequence[-tail_length:]
        for i in range(len(tail)):
            for j in range(i + 1, min(len(tail), i + 20)):
                if tail[i] != tail[j]:
                    together[tail[i], tail[j]] += 1 / math.log2(2 + j - i)
                    together[tail[j], tail[i]] += 1 / math.log2(2 + j - i)
    return {(i, j): w / math.sqrt((count[i] + 1) * (count[j] + 1)) for (i, j), w in together.items()}


def slow_scores(similarity: dict[tuple[int, int], float], history: list[int]) -> list[float]:
    steps = list(enumerate(reversed(history[-20:])))
    return [sum(0.8**back * similarity.get((met, item), 0.0) for back, met in steps) for item in range(ITEMS)]


@settings(deadline=None)
@given(SEQUENCES, st.sampled_from([20, None]))
def test_similarity_equals_the_slow_one(sequences: list[list[int]], tail: int | None) -> None:
    dense = item_similarity(events_of(sequences), ITEMS, tail).toarray()
    slow = slow_similarity(sequences, tail)
    expected = [[slow.get((i, j), 0.0) for j in range(ITEMS)] for i in range(ITEMS)]
    np.testing.assert_allclose(dense, expected, rtol=1e-5)


@settings(deadline=None)
@given(SEQUENCES, HISTORY, st.integers(1, 12))
def test_ranking_equals_the_slow_one(sequences: list[list[int]], history: list[int], k: int) -> None:
    ranker = fit_popular(ItemCF, events_of(sequences), CATALOG)
    ranked = ranker.rank([np.array(history, dtype=np.int32)], "show", k)[0].tolist()
    scores = slow_scores(slow_similarity(sequences), history)
    wanted = [row for row in range(SHOWS) if row not in history]
    assert len(ranked) == len(set(ranked)) == min(k, len(wanted))
    assert set(ranked) <= set(wanted)
    # Sums differ in their last bits, so that near-equals may swap: the scores have to agree, not the rows.
    best = sorted((scores[row] for row in wanted), reverse=True)[:k]
    np.testing.assert_allclose([scores[row] for row in ranked], best, rtol=1e-4)


@settings(deadline=None)
@given(st.lists(HISTORY, min_size=2, max_size=5))
def test_a_batch_ranks_like_its_histories_alone(histories: list[list[int]]) -> None:
    ranker = fit_popular(ItemCF, events_of([[0, 7, 1, 8, 2], [1, 2, 3, 9], [4, 5, 10, 6, 0]]), CATALOG)
    arrays = [np.array(history, dtype=np.int32) for history in histories]
    together = ranker.rank(arrays, "audiobook", 4)
    assert [rows.tolist() for rows in together] == [ranker.rank([a], "audiobook", 4)[0].tolist() for a in arrays]


def test_a_new_listener_gets_what_is_popular() -> None:
    events = events_of([[3, 1], [3, 2], [3]])
    ranked = fit_popular(ItemCF, events, CATALOG).rank([np.empty(0, dtype=np.int32)], "show", 3)[0]
    assert ranked.tolist() == Popularity.fit(events, CATALOG).order("show")[:3].tolist() == [3, 1, 2]


def test_other_types_in_the_history_count() -> None:
    events = events_of([[7, 5], [7, 5], [8, 4], [8, 4], [4], [4]])
    assert fit_popular(ItemCF, events, CATALOG).rank([np.array([7])], "show", 1)[0].tolist() == [5]


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fit_popular(ItemCF, events_of([[0, 1]]), CATALOG).rank([], "show", 0)
