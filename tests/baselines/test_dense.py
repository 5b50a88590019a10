from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.dense import Dense, DenseHistory
from neo.baselines.popularity import Popularity
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

WORDS = ["river", "stone", "2", "lamp", "über"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=8)


class WordCounts:
    """The simplest embedder: how often a text has each of the words, at length 1."""

    name = "word counts"
    dim = len(WORDS)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        counts = np.array([[text.count(word) for word in WORDS] for text in texts], dtype=np.float32)
        counts = counts.reshape(-1, self.dim)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-6)

    def save(self, folder: Path) -> None: ...


def fitted(titles: list[str], met: tuple[int, ...] = (), weight: float = 0.0, **columns: list[str | None]) -> Dense:
    ids = [f"i{row}" for row in range(len(titles))]
    table = {"id": ids, "type": ["show"] * len(titles), "title": titles, **columns}
    catalog = Catalog.from_table(pa.table(table))
    item, who = np.array(met, dtype=np.int64), np.arange(len(met))
    events = Events.from_arrays(who, item, np.zeros(len(met)), ["play"] * len(met), max(len(met), 1))
    return Dense.fit(catalog, WordCounts(), Popularity.fit(events, catalog), weight)


@settings(deadline=None)
@given(TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.integers(1, 9))
def test_ranking_is_that_of_the_cosines(documents: list[list[str]], query: list[str], k: int) -> None:
    titles = [" ".join(words) for words in documents]
    ranker = fitted(titles)
    ranked = ranker.rank([" ".join(query)], "show", k)[0]
    cosines = ranker.embedder.embed(titles) @ ranker.embedder.embed([" ".join(query)])[0]
    assert len(set(ranked.tolist())) == len(ranked) == min(k, len(titles))
    np.testing.assert_allclose(cosines[ranked], np.sort(cosines)[::-1][:k], atol=2e-5)


def test_only_the_type_that_is_asked_for() -> None:
    ranker = fitted(["river", "stone", "river"], type=["show", "show", "audiobook"])
    assert ranker.rank(["river"], "audiobook", 10)[0].tolist() == [2]
    assert ranker.rank(["river"], "show", 10)[0].tolist() == [0, 1]
    assert ranker.rank(["river"], "episode", 10)[0].tolist() == []


@pytest.mark.parametrize("query", ["unheard-of", "", "!?"])
def test_without_a_known_word_what_is_popular_comes_first(query: str) -> None:
    assert fitted(["river", "stone", "lamp"], met=(2, 2, 1)).rank([query], "show", 2)[0].tolist() == [2, 1]


def test_equals_go_by_popularity() -> None:
    ranker = fitted(["river stone", "river stone", "lamp", "river stone"], met=(1, 3, 3))
    assert ranker.rank(["stone"], "show", 3)[0].tolist() == [3, 1, 0]


def test_a_parent_can_lend_its_meaning() -> None:
    about = ["lamp " * 8, "stone " * 8, "stone", "lamp"]
    columns = {"type": ["show", "show", "episode", "episode"], "parent": [None, None, "i0", "i1"], "description": about}
    first = [
        fitted(["x"] * 4, weight=weight, **columns).rank(["lamp"], "episode", 1)[0].tolist() for weight in (0.0, 0.9)
    ]
    assert first == [[3], [2]]


def test_a_batch_ranks_like_its_queries_alone() -> None:
    ranker = fitted([" ".join(WORDS[i:] + WORDS[:1]) for i in range(5)])
    together = ranker.rank(WORDS, "show", 3)
    assert [rows.tolist() for rows in together] == [ranker.rank([word], "show", 3)[0].tolist() for word in WORDS]


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fitted(["river"]).rank(["river"], "show", 0)


SHOWS, ITEMS = 4, 7
HISTORIES = st.lists(st.integers(0, ITEMS - 1), max_size=25)
VECTORS = st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=ITEMS, max_size=ITEMS)


def history_ranker(rows: list[list[int]], met: tuple[int, ...] = ()) -> DenseHistory:
    """Four shows and three audiobooks with these vectors, made as long as 1."""
    ids = [f"i{row}" for row in range(ITEMS)]
    types = ["show"] * SHOWS + ["audiobook"] * (ITEMS - SHOWS)
    catalog = Catalog.from_table(pa.table({"id": ids, "type": types, "title": ids}))
    who, item = np.arange(len(met)), np.array(met, dtype=np.int64)
    events = Events.from_arrays(who, item, np.zeros(len(met)), ["play"] * len(met), max(len(met), 1))
    vectors = np.array(rows, dtype=np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return DenseHistory("word counts", vectors, Popularity.fit(events, catalog))


@settings(deadline=None)
@given(VECTORS, HISTORIES, st.integers(1, 6))
def test_items_nearest_to_a_history_equal_a_walk_through_it(rows: list[list[int]], history: list[int], k: int) -> None:
    ranker = history_ranker(rows)
    ranked = ranker.rank([np.array(history, dtype=np.int64)], "audiobook", k)[0]
    lengths = [float(np.linalg.norm(row)) for row in rows]
    unit = [np.array(row) / length if length else np.zeros(3) for row, length in zip(rows, lengths, strict=True)]
    mean = sum((0.8**back * unit[item] for back, item in enumerate(history[: -20 - 1 : -1])), np.zeros(3))
    if np.linalg.norm(mean) < 1e-3:  # what is left where vectors cancel out is rounding, and has no direction
        return
    cosines = {row: float(unit[row] @ mean / np.linalg.norm(mean)) for row in range(SHOWS, ITEMS) if row not in history}
    assert set(ranked.tolist()) <= cosines.keys() and len(set(ranked.tolist())) == min(k, len(cosines))
    best = sorted(cosines.values(), reverse=True)[:k]
    np.testing.assert_allclose([cosines[row] for row in ranked.tolist()], best, atol=2e-4)


def test_without_a_history_what_is_popular_comes_first() -> None:
    ranker = history_ranker([[1, 0, 0]] * SHOWS + [[0, 1, 0]] * 3, met=(6, 6, 5))
    nothing = np.empty(0, dtype=np.int64)
    assert [rows.tolist() for rows in ranker.rank([nothing, np.array([0])], "audiobook", 2)] == [[6, 5], [6, 5]]


def test_what_was_met_last_weighs_most() -> None:
    ranker = history_ranker([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    histories = [np.array([0, 1]), np.array([1, 0])]
    assert [rows.tolist() for rows in ranker.rank(histories, "audiobook", 3)] == [[5, 4, 6], [4, 5, 6]]
    with pytest.raises(InvalidRequestError, match="k is 0"):
        ranker.rank(histories, "audiobook", 0)
