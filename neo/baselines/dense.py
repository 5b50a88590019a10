"""Dense retrieval: a query, or a history, and the items as vectors of one text embedder, the nearest first.

How good it is, is the embedder: on the starter world's validation week, HR@10 of all searches is .480 with LSA of
128 numbers, .556 with 256, .587 with 512, .595 with MiniLM, and .611 with BM25, which needs none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.baselines.item_cf import DECAY
from neo.baselines.popularity import Popularity
from neo.baselines.scoring import BATCH, best_places, check_k, history_weights, rank_scores
from neo.catalog.catalog import Catalog
from neo.catalog.met_together import WINDOW
from neo.sids.build import embed_items
from neo.sids.embed import Embedder
from neo.sids.quantize import one_thread

EQUAL = 5  # decimals of a cosine; below them is the rounding of float32


class Dense:
    """By type the vectors of all items, compared with a query's by cosine. Nothing is approximated."""

    def __init__(self, embedder: Embedder, vectors: dict[str, np.ndarray], fallback: Popularity) -> None:
        """`vectors`: by type float32[items, dim], of length 1 or 0, in the fallback's order."""
        self.name = f"dense, {embedder.name}"
        self.embedder = embedder
        self.fallback = fallback
        self._vectors = vectors

    @classmethod
    def fit(cls, catalog: Catalog, embedder: Embedder, fallback: Popularity, parent_weight: float = 0.0) -> Dense:
        """Embeds every item's own text; `fallback`, fitted on what lies before the cut, orders equals.

        `embedder` has learned nothing from after the cut: that of a run's SIDs (`sids.embedder`) is fair, and at
        hand. `parent_weight` is a parent's share of an item's vector, as for SIDs; for search it does not help
        (starter world, validation, HR@10 of all searches: .480 with 0, .479 with .3, .467 with .7).
        """
        names = catalog.type_names
        vectors = {name: embed_items(embedder, catalog, fallback.order(name), parent_weight) for name in names}
        return cls(embedder, vectors, fallback)

    def rank(self, queries: Sequence[str], type_name: str, k: int) -> list[np.ndarray]:
        """For each query at most `k` catalog rows of the type (int64), best first; equals by popularity.

        Cosines that agree to 5 decimals are equal. So are all items to a query without a known word.
        """
        check_k(k)
        order = self.fallback.order(type_name)
        places, ranked = np.arange(len(order)), []
        for start in range(0, len(queries), BATCH):
            vectors = self.embedder.embed(queries[start : start + BATCH])
            with one_thread():
                cosines = np.round(vectors @ self._vectors[type_name].T, EQUAL)
            ranked += [order[best_places(places, row, k)] for row in cosines]
        return ranked


class DenseHistory:
    """What listeners met as one vector: the mean of their items', late ones weighing more, as in item-CF.

    The weights hardly matter: for 2,323 LibriVox narrators, leave-one-out, validation, LSA, HR@10 is .050 with them,
    .050 without, and .054 with the last item alone.
    """

    def __init__(self, name: str, vectors: np.ndarray, fallback: Popularity) -> None:
        """`vectors`: float32[n, dim], content embeddings of all items in the catalog's order, of length 1 or 0.

        `name`: of the embedder. `fallback` orders equals, and is what a listener without a history gets.
        """
        self.name = f"dense history, {name}"
        self.fallback = fallback
        self._vectors = vectors
        self._candidates = {name: vectors[fallback.order(name)] for name in fallback.type_names}

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows of any type, oldest first) at most `k` rows of the type, nearest first.

        The last 20 items count, each 0.8 of the one after it. Items of the history are left out. Cosines that agree to
        5 decimals are equal.
        """
        check_k(k)
        order, ranked = self.fallback.order(type_name), list[np.ndarray]()
        for start in range(0, len(histories), BATCH):
            batch = histories[start : start + BATCH]
            means = history_weights(batch, len(self._vectors), WINDOW, DECAY) @ self._vectors
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.finfo(np.float32).tiny)
            with one_thread():
                cosines = np.round(means @ self._candidates[type_name].T, EQUAL)
            ranked += rank_scores(cosines, order, batch, k)
        return ranked
