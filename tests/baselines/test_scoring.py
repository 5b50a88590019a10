from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from tiny_sequences import HISTORY, ITEMS

from neo.baselines.scoring import best_places, check_k, history_weights, rank_scores
from neo_sdk.errors import InvalidRequestError

SCORES = st.lists(st.integers(-2, 2), min_size=6, max_size=6)
ORDER = np.array([8, 3, 5, 0, 11, 4])


@given(st.lists(HISTORY, max_size=4), st.sampled_from([None, 1, 3]), st.sampled_from([1.0, 0.5]))
def test_weights_are_those_of_walking_back(histories: list[list[int]], window: int | None, decay: float) -> None:
    expected = np.zeros((len(histories), ITEMS))
    for row, history in enumerate(histories):
        for back, item in enumerate(reversed(history)):
            if window is None or back < window:
                expected[row, item] += decay**back
    arrays = [np.array(history, dtype=np.int32) for history in histories]
    np.testing.assert_allclose(history_weights(arrays, ITEMS, window, decay).toarray(), expected, rtol=1e-6)


@given(SCORES, HISTORY, st.integers(1, 7))
def test_dense_scores_rank_all_and_equals_go_by_the_order(scores: list[int], history: list[int], k: int) -> None:
    found = rank_scores(np.array([scores], dtype=np.float32), ORDER, [np.array(history, dtype=np.int32)], k)[0]
    wanted = [place for place in range(6) if ORDER[place] not in history]
    assert found.tolist() == [int(ORDER[place]) for place in sorted(wanted, key=lambda place: -scores[place])[:k]]


@given(SCORES, HISTORY, st.integers(1, 7))
def test_what_a_sparse_row_does_not_hold_comes_last(scores: list[int], history: list[int], k: int) -> None:
    held = [place for place, score in enumerate(scores) if score]
    values = (np.array([scores[place] for place in held], dtype=np.float32), (np.zeros(len(held), dtype=int), held))
    matrix = sparse.coo_array(values, shape=(1, 6)).tocsr()
    found = rank_scores(matrix, ORDER, [np.array(history, dtype=np.int32)], k)[0]
    ranked = sorted(held, key=lambda place: -scores[place]) + [place for place in range(6) if place not in held]
    assert found.tolist() == [int(ORDER[place]) for place in ranked if ORDER[place] not in history][:k]


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 5))
def test_best_places_are_those_of_sorting(scores: list[int], k: int) -> None:
    places = np.arange(len(scores))
    expected = sorted(places.tolist(), key=lambda place: -scores[place])[:k]
    assert best_places(places, np.array(scores, dtype=np.float32), k).tolist() == expected


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        check_k(0)
