from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_sequences import CATALOG, HISTORY, ITEMS, SEQUENCES, SHOWS, events_of, fit_popular, history_of

from neo.baselines.popularity import Popularity
from neo.baselines.trajectory import Trajectory, item_topics, over_topics, steps_ahead
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

TOPICS = st.lists(
    st.lists(st.sampled_from(["sea", "bread", "chess"]), unique=True, max_size=3), min_size=ITEMS, max_size=ITEMS
)


def with_topics(topics: list[list[str]]) -> Catalog:
    table = CATALOG.table.select(["id", "type", "title"]).append_column(
        "topics", pa.array(topics, pa.list_(pa.string()))
    )
    return Catalog.from_table(table)


def slow_steps(sequences: list[list[int]]) -> np.ndarray:
    steps, popularity = np.zeros((ITEMS, ITEMS)), np.zeros(ITEMS)
    for sequence in sequences:
        for i, item in enumerate(sequence):
            popularity[item] += 1
            for j in range(i + 1, min(len(sequence), i + 11)):
                if sequence[j] not in sequence[:j]:
                    steps[item, sequence[j]] += 1 / math.log2(1 + j - i)
    return steps / np.sqrt(np.outer(popularity + 1, popularity + 1))


def slow_graph(topics: list[list[str]]) -> np.ndarray:
    has: dict[str, int] = defaultdict(int)
    for words in topics:
        for word in words:
            has[word] += 1
    vectors = [{word: math.log(ITEMS / has[word]) for word in words} for words in topics]
    lengths = [math.sqrt(sum(weight**2 for weight in vector.values())) or 1.0 for vector in vectors]
    graph = np.zeros((ITEMS, ITEMS))
    for i, a in enumerate(vectors):
        for j, b in enumerate(vectors):
            graph[i, j] = sum(a[word] * b[word] for word in a.keys() & b.keys()) / lengths[i] / lengths[j]
    total = graph.sum(axis=1, keepdims=True)
    return graph / np.where(total > 0, total, 1)


@settings(deadline=None, max_examples=40)
@given(SEQUENCES)
def test_steps_equal_the_slow_ones(sequences: list[list[int]]) -> None:
    np.testing.assert_allclose(steps_ahead(events_of(sequences), ITEMS).toarray(), slow_steps(sequences), rtol=1e-5)


@settings(deadline=None, max_examples=40)
@given(TOPICS)
def test_the_graph_equals_the_slow_one(topics: list[list[str]]) -> None:
    there, back = over_topics(item_topics(with_topics(topics), np.arange(ITEMS)))
    np.testing.assert_allclose((there @ back).toarray(), slow_graph(topics), rtol=1e-4, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(SEQUENCES, TOPICS, HISTORY, st.integers(1, 12))
def test_ranking_equals_the_slow_one(
    sequences: list[list[int]], topics: list[list[str]], history: list[int], k: int
) -> None:
    ranker = fit_popular(Trajectory, events_of(sequences), with_topics(topics))
    ranked = ranker.rank([history_of(history)], "show", k)[0].tolist()
    path = np.zeros(ITEMS)
    for back, item in enumerate(reversed(history)):
        path[item] += 0.9**back
    scores = path @ (0.3 * np.eye(ITEMS) + 0.7 * slow_graph(topics)) @ slow_steps(sequences)
    wanted = [row for row in range(SHOWS) if row not in history]
    assert len(ranked) == len(set(ranked)) == min(k, len(wanted))
    assert set(ranked) <= set(wanted)
    # Sums differ in their last bits, so that near-equals may swap: the scores have to agree, not the rows.
    best = sorted((scores[row] for row in wanted), reverse=True)[:k]
    np.testing.assert_allclose([scores[row] for row in ranked], best, rtol=1e-4, atol=1e-6)


def test_an_item_that_nobody_met_leads_where_its_neighbors_lead() -> None:
    topics = [["sea"] if row in (0, 1) else ["bread"] for row in range(ITEMS)]
    events = events_of([[0, 5], [0, 5], [2, 6], [2, 6], [6]])
    assert fit_popular(Trajectory, events, with_topics(topics)).rank([history_of([1])], "show", 1)[0].tolist() == [5]
    assert fit_popular(Trajectory, events, CATALOG).rank([history_of([1])], "show", 1)[0].tolist() == [6]


def test_what_is_not_out_yet_changes_nothing() -> None:
    topics = [["sea"] if row in (0, 1) else ["bread"] if row == 2 else ["chess"] for row in range(ITEMS)]
    changed = [*topics[:8], *[["sea", "bread"]] * (ITEMS - 8)]
    events, visible = events_of([[0, 5], [2, 6], [2, 5], [4, 3]]), np.arange(8)
    fitted = [fit_popular(Trajectory, events, with_topics(some), visible=visible) for some in (topics, changed)]
    for one, other in zip(*(list(ranker._from_topics.values()) for ranker in fitted), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(fitted[0]._there.toarray(), fitted[1]._there.toarray())


def test_a_new_listener_gets_what_is_popular() -> None:
    events = events_of([[3, 1], [3, 2], [3]])
    ranked = fit_popular(Trajectory, events, CATALOG).rank([np.empty(0, dtype=np.int32)], "show", 3)[0]
    assert ranked.tolist() == Popularity.fit(events, CATALOG).order("show")[:3].tolist() == [3, 1, 2]


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fit_popular(Trajectory, events_of([[0, 1]]), CATALOG).rank([], "show", 0)
