from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.dense import Dense
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
