"""Vectors from what listeners met, not from what items say: the paper's collaborative SIDs (arXiv 2603.17533).

Items that the same listeners met close together lie close together: positive pointwise mutual information of
co-occurrence, factorized (Levy and Goldberg, 2014: what word2vec does to words). An item that nobody has met beside
others stands among those that its content is nearest to.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neo.catalog.activity import Events
from neo.sids.quantize import one_thread

WINDOW = 10  # events on either side
NEIGHBORS = 10  # in content, for an item that was not met beside others
CHUNK = 1024


def collaborative_vectors(events: Events, content: np.ndarray, rows: np.ndarray, dim: int, seed: int = 0) -> np.ndarray:
    """float32 [n, dim], length 1, for catalog rows [n]. content: float32 [n, d], length 1, of the same items.

    A vector is zero only where no item was met beside another. Other items' events, of rows that are not asked for,
    count too.
    """
    from sklearn.decomposition import TruncatedSVD  # a second that nobody else need pay to import

    n = int(max(rows.max(initial=0), events.item.max(initial=0))) + 1
    association = _association(events, n)
    heard = (association.sum(axis=1) - association.diagonal())[rows] > 0
    association = association[:, np.unique(events.item)]
    vectors = np.zeros((len(rows), dim), dtype=np.float32)
    if not heard.any():
        return vectors
    dim_known = min(dim, association.shape[1] - 1)
    if dim_known >= 1:
        with one_thread():
            learned = TruncatedSVD(dim_known, random_state=seed).fit_transform(association[rows[heard]])
        vectors[heard, :dim_known] = _unit(learned)
    for start in range(0, len(rows), CHUNK):
        some = np.flatnonzero(~heard[start : start + CHUNK]) + start
        near = np.argsort(-(content[some] @ content[heard].T), axis=1, kind="stable")[:, :NEIGHBORS]
        vectors[some] = _unit(vectors[heard][near].mean(axis=1))
    return vectors


def _association(events: Events, n: int) -> sparse.csr_array:
    """float32 [n, n]: positive pointwise mutual information of items within WINDOW events of a listener."""
    item, listener = events.item.astype(np.int64), events.listener
    pairs = []
    for distance in range(1, WINDOW + 1):
        together = listener[distance:] == listener[:-distance]
        pairs.append((item[:-distance][together], item[distance:][together]))
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    counts = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(n, n)).tocsr()
    counts = (counts + counts.T).tocoo()
    margin, total = counts.sum(axis=0), max(counts.sum(), 1.0)
    information = np.log(counts.data * total / (margin[counts.row] * margin[counts.col]))
    return sparse.coo_array(
        (np.maximum(information, 0).astype(np.float32), (counts.row, counts.col)), shape=(n, n)
    ).tocsr()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype(np.float32)
