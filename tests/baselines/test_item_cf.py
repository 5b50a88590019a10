from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.item_cf import ItemCF, item_similarity
from neo.baselines.popularity import Popularity
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

ITEMS, SHOWS = 12, 7
TABLE = {"id": [f"i{row}" for row in range(ITEMS)], "title": ["x"] * ITEMS}
CATALOG = Catalog.from_table(pa.table({**TABLE, "type": ["show"] * SHOWS + ["audiobook"] * (ITEMS - SHOWS)}))
# Some sequences are longer than the window of 20, and items come back.
SEQUENCES = st.lists(st.lists(st.integers(0, ITEMS - 1), max_size=30), min_size=1, max_size=6)
HISTORY = st.lists(st.integers(0, ITEMS - 1), max_size=30)


def events_of(sequences: list[list[int]], start: int = 0) -> Events:
    who = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    time = [start + place for sequence in sequences for place in range(len(sequence))]
    item = np.array([item for sequence in sequences for item in sequence], dtype=np.int64)
    return Events.from_arrays(who, item, np.array(time, dtype=np.int64), ["play"] * len(item), len(sequences))


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
    ranker = ItemCF.fit(events_of(sequences), CATALOG)
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
    ranker = ItemCF.fit(events_of([[0, 7, 1, 8, 2], [1, 2, 3, 9], [4, 5, 10, 6, 0]]), CATALOG)
    arrays = [np.array(history, dtype=np.int32) for history in histories]
    together = ranker.rank(arrays, "audiobook", 4)
    assert [rows.tolist() for rows in together] == [
        ranker.rank([a], "audiobook", 4)[0].tolist() for a in arrays
    ]


@settings(deadline=None)
@given(SEQUENCES, SEQUENCES, HISTORY)
def test_what_comes_after_the_cut_changes_nothing(
    past: list[list[int]], future: list[list[int]], history: list[int]
) -> None:
    cut = 100
    size = max(len(past), len(future))
    parts = [events_of(past), events_of(future, start=cut)]
    who, item, time = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("listener", "item", "time")
    )
    mixed = Events.from_arrays(who, item, time, ["play"] * len(item), size)
    case = [np.array(history, dtype=np.int32)]
    alone = ItemCF.fit(events_of(past), CATALOG, before=cut).rank(case, "show", 5)
    after = ItemCF.fit(mixed, CATALOG, before=cut).rank(case, "show", 5)
    assert alone[0].tolist() == after[0].tolist()


def test_a_new_listener_gets_what_is_popular() -> None:
    events = events_of([[3, 1], [3, 2], [3]])
    ranked = ItemCF.fit(events, CATALOG).rank([np.empty(0, dtype=np.int32)], "show", 3)[0]
    assert ranked.tolist() == Popularity.fit(events, CATALOG).order("show")[:3].tolist() == [3, 1, 2]


def test_other_types_in_the_history_count() -> None:
    events = events_of([[7, 5], [7, 5], [8, 4], [8, 4], [4], [4]])
    assert ItemCF.fit(events, CATALOG).rank([np.array([7])], "show", 1)[0].tolist() == [5]


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        ItemCF.fit(events_of([[0, 1]]), CATALOG).rank([], "show", 0)
