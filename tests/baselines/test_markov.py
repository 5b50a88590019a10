from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_sequences import CATALOG, HISTORY, ITEMS, SEQUENCES, SHOWS, events_of, fit_popular, history_of

from neo.baselines.markov import Markov, next_new
from neo_sdk.errors import InvalidRequestError


def slow_next_new(sequences: list[list[int]]) -> Counter[tuple[int, int]]:
    """Of shows: each event with the first show after it that the listener meets for the first time."""
    counts: Counter[tuple[int, int]] = Counter()
    for sequence in sequences:
        for i, item in enumerate(sequence):
            for j in range(i + 1, len(sequence)):
                if sequence[j] < SHOWS and sequence[j] not in sequence[:j]:
                    counts[item, sequence[j]] += 1
                    break
    return counts


@settings(deadline=None, max_examples=40)
@given(SEQUENCES)
def test_transitions_equal_the_slow_ones(sequences: list[list[int]]) -> None:
    counts = slow_next_new(sequences)
    expected = [[counts[i, j] for j in range(ITEMS)] for i in range(ITEMS)]
    assert next_new(events_of(sequences), CATALOG, "show").toarray().tolist() == expected


@settings(deadline=None, max_examples=40)
@given(SEQUENCES, HISTORY, st.integers(1, 12))
def test_ranking_equals_the_slow_one(sequences: list[list[int]], history: list[int], k: int) -> None:
    events = events_of(sequences)
    counts = slow_next_new(sequences)
    leaving = [sum(counts[i, j] for j in range(ITEMS)) for i in range(ITEMS)]
    scores = dict.fromkeys(range(SHOWS), 0.0)
    for weight, rows in ((1.0, range(SHOWS)), (0.5, range(SHOWS, ITEMS))):
        last = [item for item in history if item in rows][-1:]
        for row in scores:
            scores[row] += sum(weight * counts[i, row] / (leaving[i] + 10) for i in last)
    ranker = fit_popular(Markov, events, CATALOG)
    ranked = ranker.rank([history_of(history)], "show", k)[0].tolist()
    wanted = [row for row in range(SHOWS) if row not in history]
    assert len(ranked) == len(set(ranked)) == min(k, len(wanted))
    assert set(ranked) <= set(wanted)
    # Sums differ in their last bits, so that near-equals may swap: the scores have to agree, not the rows.
    best = sorted((scores[row] for row in wanted), reverse=True)[:k]
    np.testing.assert_allclose([scores[row] for row in ranked], best, rtol=1e-5)


def test_a_first_meeting_is_one_for_each_listener() -> None:
    assert events_of([[3, 3, 1, 3], [3, 1, 1]]).first_meetings().tolist() == [1, 0, 1, 0, 1, 1, 0]


def test_equals_go_by_popularity() -> None:
    events = events_of([[0, 3], [0, 2], [2], [2]])
    assert fit_popular(Markov, events, CATALOG).rank([history_of([0])], "show", 3)[0].tolist() == [2, 3, 1]


def test_the_last_item_of_the_type_counts_twice_what_another_does() -> None:
    ranker = fit_popular(Markov, events_of([[0, 5], [7, 6]] * 3), CATALOG)
    assert ranker.rank([history_of([0, 7])], "show", 2)[0].tolist() == [5, 6]
    assert ranker.rank([history_of([0, 7, 1])], "show", 2)[0].tolist() == [6, 5]  # where 1 leads, nobody knows


def test_what_lies_between_does_not_break_the_chain() -> None:
    ranker = fit_popular(Markov, events_of([[7, 8, 5], [7, 9, 8, 5], [7, 4], [4], [4], [4]]), CATALOG)
    assert ranker.rank([history_of([7])], "show", 2)[0].tolist() == [5, 4]


def test_a_new_listener_gets_what_is_popular() -> None:
    events = events_of([[3, 1], [3, 2], [3]])
    ranked = fit_popular(Markov, events, CATALOG).rank([np.empty(0, dtype=np.int32)], "show", 3)[0]
    assert ranked.tolist() == [3, 1, 2]


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fit_popular(Markov, events_of([[0, 1]]), CATALOG).rank([], "show", 0)
