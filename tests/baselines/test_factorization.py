from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from tiny_sequences import CATALOG, ITEMS, SEQUENCES, events_of, fit_popular, history_of

from neo.baselines.factorization import Factorization, factorize, solve
from neo.baselines.popularity import Popularity
from neo_sdk.errors import InvalidRequestError

COUNTS = st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=6)


def closed_form(row: np.ndarray, fixed: np.ndarray, alpha: float, penalty: float) -> np.ndarray:
    """(F'CF + lambda I)^-1 F'Cp with C and p written out, in double precision; lambda is penalty x trace C."""
    confidence, preference = np.diag(1 + alpha * row), (row > 0).astype(np.float64)
    left = fixed.T @ confidence @ fixed + penalty * np.trace(confidence) * np.eye(fixed.shape[1])
    return np.linalg.solve(left, fixed.T @ confidence @ preference)


def loss(counts: np.ndarray, listeners: np.ndarray, items: np.ndarray, alpha: float, penalty: float) -> float:
    """What is minimized: the paper's equation 3, each vector's length weighted with its confidences."""
    confidence = 1 + alpha * counts
    errors = confidence * ((counts > 0) - listeners @ items.T) ** 2
    lengths = confidence.sum(1) @ (listeners**2).sum(1) + confidence.sum(0) @ (items**2).sum(1)
    return float(errors.sum() + penalty * lengths)


@settings(deadline=None)
@given(COUNTS, st.integers(0, 9), st.sampled_from([0.5, 4.0]), st.sampled_from([0.02, 0.4]))
def test_a_side_is_solved_as_in_closed_form(rows: list[list[int]], seed: int, alpha: float, penalty: float) -> None:
    counts = np.array(rows, dtype=np.float32)
    fixed = np.random.default_rng(seed).normal(size=(5, 3)).astype(np.float32)
    found = solve(sparse.csr_array(counts), fixed, alpha, penalty)
    expected = [closed_form(row, fixed.astype(np.float64), alpha, penalty) for row in counts]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(COUNTS, st.integers(0, 9))
def test_more_rounds_never_fit_worse(rows: list[list[int]], seed: int) -> None:
    counts = np.array(rows, dtype=np.float32)
    losses = []
    for rounds in (1, 2, 5):
        items = factorize(sparse.csr_array(counts), 3, rounds, 2.0, 0.02, seed)
        losses.append(loss(counts, solve(sparse.csr_array(counts), items, 2.0, 0.02), items, 2.0, 0.02))
    assert losses[2] <= losses[1] + 1e-3 and losses[1] <= losses[0] + 1e-3


def test_without_listeners_everything_is_popular() -> None:
    ranked = fit_popular(Factorization, events_of([]), CATALOG).rank([history_of([])], "show", 3)[0]
    assert ranked.tolist() == [0, 1, 2]


def test_listeners_of_two_kinds_are_told_apart() -> None:
    events = events_of([[0, 1, 2, 7], [0, 2, 7], [1, 2, 7, 0], [3, 4, 5, 8], [4, 5, 8], [3, 5, 8, 4]])
    ranker = fit_popular(Factorization, events, CATALOG, factors=2)
    asked = [history_of([0, 1]), history_of([5, 4])]
    assert [rows.tolist() for rows in ranker.rank(asked, "show", 1)] == [[2], [3]]
    assert [rows.tolist() for rows in ranker.rank(asked, "audiobook", 1)] == [[7], [8]]


@settings(deadline=None, max_examples=30)
@given(SEQUENCES, st.integers(0, 3))
def test_a_ranking_is_that_of_the_solved_vector(sequences: list[list[int]], seed: int) -> None:
    ranker = fit_popular(Factorization, events_of(sequences), CATALOG, factors=3, rounds=2, seed=seed)
    history = history_of([1, 8, 1])
    counts = np.bincount(history, minlength=ITEMS)
    vector = closed_form(counts, ranker.items.astype(np.float64), ranker.alpha, ranker.penalty)
    ranked = ranker.rank([history], "show", 10)[0]
    assert sorted(ranked.tolist()) == [0, 2, 3, 4, 5, 6]
    scores = ranker.items[ranked] @ vector
    assert (np.diff(scores) <= 1e-4).all()


def test_the_seed_decides_everything() -> None:
    events = events_of([[0, 1, 7], [1, 2, 8], [3, 4]])
    first, same, other = (
        fit_popular(Factorization, events, CATALOG, factors=4, rounds=2, seed=seed) for seed in (0, 0, 1)
    )
    assert (first.items == same.items).all()
    assert (first.items != other.items).any()


def test_a_new_listener_gets_what_is_popular() -> None:
    events = events_of([[3, 1], [3, 2], [3]])
    ranked = fit_popular(Factorization, events, CATALOG).rank([np.empty(0, dtype=np.int32)], "show", 3)[0]
    assert ranked.tolist() == Popularity.fit(events, CATALOG).order("show")[:3].tolist() == [3, 1, 2]


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fit_popular(Factorization, events_of([[0, 1]]), CATALOG, factors=2, rounds=1).rank([], "show", 0)
