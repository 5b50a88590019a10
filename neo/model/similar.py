"""Items that mean nearly the same, from SIDs alone: no text is embedded and no model is run."""

from __future__ import annotations

import numpy as np

from neo.sids.build import SidModel


def most_similar(
    sids: SidModel, row: int, type_name: str, k: int, among: np.ndarray | None = None
) -> list[tuple[int, float]]:
    """The `k` other items of a type nearest to a catalog row, as (row, cosine), the nearest first.

    among: catalog rows; where given, only of these.

    An item's meaning is read off its codes: the sum of its codebook vectors. Its product with another's needs
    one look-up per level (asymmetric distances: Jegou, Douze and Schmid 2011), so the cost is items x levels.
    """
    own = sids.table.type_of(row)
    table = sids.table.of(type_name)
    if own is None or not len(table):
        return []
    levels = np.arange(sids.table.levels)
    meaning = sids.centroids(own)[levels, sids.table.codes_of_rows([row])[0]].sum(0)
    books = sids.centroids(type_name)
    products = (books @ meaning)[levels, table.codes].sum(1)
    cosines = products / np.maximum(_lengths(books, table.codes) * np.linalg.norm(meaning), 1e-9)
    cosines[table.rows == row] = -np.inf
    if among is not None:
        cosines[~np.isin(table.rows, among)] = -np.inf
    best = np.argsort(-cosines, kind="stable")[:k]
    return [(int(table.rows[place]), float(cosines[place])) for place in best if cosines[place] > -np.inf]


def _lengths(books: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """float32 [n]: the length of each item's summed codebook vectors, from products between the books."""
    levels = range(len(books))
    squares = np.zeros(len(codes), dtype=np.float32)
    for a in levels:
        for b in levels:
            squares += (books[a] @ books[b].T)[codes[:, a], codes[:, b]]
    return np.sqrt(np.maximum(squares, 0.0))
