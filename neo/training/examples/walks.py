"""Walks: histories that nobody had, through items that lie near one another.

Codes forget: of who meets what, codes that somebody made from texts keep little. And listeners are few, so the same
histories come again and again. A walk starts at any item and goes on, again and again, to one that lies near the items
before it, in what they say and in who meets them. Whoever learns to go on with walks learns what the vectors know:
a teacher that is a nearest neighbor search, to a student that has nothing but codes.

Amazon Scientific, validation items with three withheld, one seed, HR@10 and NDCG@10 with no walks and with as many as
histories: from codes of our own .125 and .085, .135 and .089; from codes that somebody made of texts alone .117 and
.076, .130 and .082, the latter with more than twice the rows. Item-CF: .110 and .080. On the quickstart, whose
histories are many and long, they changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neo.sids.quantize import one_thread

NEAR = 50  # neighbors of an item that a walk can go on to from it
LENGTH = 5  # items of a walk
DECAY = 0.8  # what an item weighs against the one after it
SPREAD = 0.05  # of cosines: an item that much nearer is e times as likely to come next
CHUNK = 1_000  # walks that are drawn together


@dataclass(frozen=True)
class Walks:
    """vectors: float32 [n, d], length 1 (or 0), of the catalog rows int64 [n]; near: int64 [n, k], places in them."""

    rows: np.ndarray
    vectors: np.ndarray
    near: np.ndarray

    @classmethod
    def among(cls, rows: np.ndarray, vectors: np.ndarray) -> Walks:
        """Walks through catalog rows [n] by their vectors [n, d]."""
        import faiss  # a second that nobody else need pay to import

        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
        with one_thread():
            near = faiss.knn(vectors, vectors, min(NEAR + 1, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)[1]
        return cls(np.asarray(rows, dtype=np.int64), vectors, near.astype(np.int64))

    def draw(self, count: int, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
        """`count` walks of different items, oldest first; shorter ones where there is nowhere to go."""
        for start in range(0, count if len(self.rows) else 0, CHUNK):
            walks = rng.integers(len(self.rows), size=(min(CHUNK, count - start), 1))
            alive = np.ones_like(walks, dtype=np.bool_)
            for _ in range(LENGTH - 1):
                steps, found = self._step(walks, rng)
                walks = np.column_stack([walks, steps])
                alive = np.column_stack([alive, alive[:, -1] & found])
            for walk, kept in zip(walks, alive, strict=True):
                yield tuple(self.rows[walk[kept]].tolist())

    def _step(self, walks: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Where each of the walks int64 [m, length] goes next, int64 [m], and whether there was anywhere, bool [m].

        It goes to a neighbor of one of its items, late ones more often: to one that is near to all of them.
        """
        weights = DECAY ** np.arange(walks.shape[1])[::-1]
        means = np.einsum("l,mld->md", weights, self.vectors[walks])
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        anchors = rng.choice(walks.shape[1], size=len(walks), p=weights / weights.sum())
        reach = self.near[walks[np.arange(len(walks)), anchors]]
        scores = np.einsum("mkd,md->mk", self.vectors[reach], means) / SPREAD + rng.gumbel(size=reach.shape)
        scores[(reach[:, :, None] == walks[:, None, :]).any(axis=2)] = -np.inf
        best = scores.argmax(axis=1)
        places = np.arange(len(walks))
        return reach[places, best], np.isfinite(scores[places, best])
