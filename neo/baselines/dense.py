"""Dense retrieval: a query and the items as vectors of one text embedder, the nearest first. For search.

How good it is, is the embedder: on the starter world's validation week, HR@10 of all searches is .480 with LSA of
128 numbers, .556 with 256, .587 with 512, .595 with MiniLM, and .611 with BM25, which needs none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.baselines.popularity import Popularity
from neo.baselines.scoring import BATCH, best_places, check_k
from neo.catalog.catalog import Catalog
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
