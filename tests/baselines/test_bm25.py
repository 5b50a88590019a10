from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.bm25 import Bm25
from neo.baselines.popularity import Popularity
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

WORDS = ["river", "stone", "2", "lamp", "über"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=8)


def fitted(titles: list[str], types: list[str] | None = None, met: tuple[int, ...] = ()) -> Bm25:
    types = types or ["show"] * len(titles)
    ids = [f"i{row}" for row in range(len(titles))]
    catalog = Catalog.from_table(pa.table({"id": ids, "type": types, "title": titles}))
    item, who = np.array(met, dtype=np.int64), np.arange(len(met))
    events = Events.from_arrays(who, item, np.zeros(len(met)), ["play"] * len(met), max(len(met), 1))
    return Bm25.fit(catalog, Popularity.fit(events, catalog))


def slow_bm25(documents: list[list[str]], query: list[str]) -> list[float]:
    """Lucene's variant with k1 = 1.5, b = 0.75."""
    size, average = len(documents), sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for word in query:
            has, times = sum(word in other for other in documents), document.count(word)
            rarity = math.log(1 + (size - has + 0.5) / (has + 0.5))
            score += rarity * times / (times + 1.5 * (0.25 + 0.75 * len(document) / average))
        scores.append(score)
    return scores


@settings(deadline=None)
@given(TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True))
def test_ranking_equals_the_formula(documents: list[list[str]], query: list[str]) -> None:
    ranked = fitted([" ".join(words) for words in documents]).rank([" ".join(query)], "show", 8)[0]
    scores = slow_bm25(documents, query)
    assert sorted(ranked.tolist()) == list(range(len(documents)))
    np.testing.assert_allclose([scores[row] for row in ranked], sorted(scores, reverse=True), rtol=1e-4, atol=1e-6)


def test_only_the_type_that_is_asked_for() -> None:
    ranker = fitted(["river", "stone", "river"], ["show", "show", "audiobook"])
    assert ranker.rank(["river"], "audiobook", 10)[0].tolist() == [2]
    assert ranker.rank(["river"], "show", 10)[0].tolist() == [0, 1]


@pytest.mark.parametrize("query", ["unheard-of", "", "the", "!?"])
def test_without_a_shared_word_what_is_popular_comes_first(query: str) -> None:
    assert fitted(["river", "stone", "lamp"], met=(2, 2, 1)).rank([query], "show", 2)[0].tolist() == [2, 1]


def test_equals_go_by_popularity() -> None:
    assert fitted(["river", "river", "river"], met=(1, 2, 2)).rank(["river"], "show", 3)[0].tolist() == [
        2,
        1,
        0,
    ]


def test_a_type_without_items_or_words_ranks_what_there_is() -> None:
    ranker = fitted(["!!!", "the"])
    assert ranker.rank(["the"], "show", 5)[0].tolist() == [0, 1]
    assert ranker.rank(["the"], "episode", 5)[0].tolist() == []


def test_k_below_one_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fitted(["river"]).rank(["river"], "show", 0)
