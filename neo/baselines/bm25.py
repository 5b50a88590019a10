"""BM25 over what the catalog says of an item: the baseline for search. The scoring is the bm25s library's."""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np

from neo.baselines.popularity import Popularity, fill_up
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

# bm25s drops words of one character by default, and with them the 2 of "Part 2".
WORD = r"(?u)\b\w+\b"


class Bm25:
    """One index a type, over title, title of the parent, creator, topics and description."""

    name = "BM25"

    def __init__(self, indexes: dict[str, bm25s.BM25 | None], fallback: Popularity) -> None:
        """`indexes`: None for a type without a single word."""
        self._indexes = indexes
        self.fallback = fallback

    @classmethod
    def fit(cls, catalog: Catalog, fallback: Popularity) -> Bm25:
        """`fallback`, fitted on what lies before the cut, orders what shares no word with a query."""
        indexes = {name: _index(catalog.content_texts(catalog.rows_of(name))) for name in catalog.type_names}
        return cls(indexes, fallback)

    def rank(self, queries: Sequence[str], type_name: str, k: int) -> list[np.ndarray]:
        """For each query at most `k` catalog rows of the type (int64), best first; equals by popularity.

        Where fewer than `k` items share a word with the query, the most popular others follow.
        """
        if k < 1:
            raise InvalidRequestError(f"k is {k}, expected 1 or more")
        order = self.fallback.order(type_name)
        rows, index = np.sort(order), self._indexes[type_name]
        place = np.argsort(order)  # rows ascending -> place in the popularity order
        ranked = []
        for words in _words(queries):
            found = np.empty(0, dtype=np.int64)
            if index is not None and words:
                scores = index.get_scores(words)
                best = np.lexsort((place, -scores))[:k]
                found = rows[best[scores[best] > 0]]
            ranked.append(fill_up(found, order, np.empty(0, dtype=np.int64), k))
        return ranked


def _index(texts: list[str]) -> bm25s.BM25 | None:
    words = _words(texts)
    if not any(words):
        return None
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    return index


def _words(texts: Sequence[str]) -> list[list[str]]:
    if not texts:
        return []
    return bm25s.tokenize(list(texts), token_pattern=WORD, stopwords="en", return_ids=False, show_progress=False)
