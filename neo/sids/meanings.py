"""What codes mean, whoever made them: the mean of what is left of their items' vectors after the levels before."""

from __future__ import annotations

import numpy as np

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.sids.build import SidModel, code_vectors
from neo.sids.quantize import ResidualKMeans
from neo.sids.table import SidTable


def item_meanings(sids: SidModel, catalog: Catalog, rows: np.ndarray, events: Events) -> np.ndarray:
    """float32 [n, d]: what the items say and who meets them, whatever their codes were made from.

    rows: the catalog rows [n] that may be learned from.
    """
    config = sids.config.model_copy(update={"vectors": "both"})
    return code_vectors(sids.embed(catalog, rows), rows, config, events)


def code_meanings(table: SidTable, rows: np.ndarray, vectors: np.ndarray) -> dict[str, np.ndarray]:
    """float32 [levels, K, d] by type: what codes mean, from the vectors [n, d] of catalog rows [n].

    Codes of none of these items are zero vectors.
    """
    books = {}
    for name, of_type in table.types.items():
        mine = np.isin(rows, of_type.rows)
        books[name] = meanings(vectors[mine], table.codes_of_rows(rows[mine]), table.codebook_sizes[name]).codebooks
    return books


def meanings(vectors: np.ndarray, codes: np.ndarray, size: int) -> ResidualKMeans:
    """Codebooks of given codes [n, levels], from their items' vectors float32 [n, d]; zeros for codes of no item."""
    levels = codes.shape[1]
    books = np.zeros((levels, size, vectors.shape[1]), dtype=np.float32)
    left = vectors.astype(np.float32)
    for level, column in enumerate(codes.T):
        np.add.at(books[level], column, left)
        books[level] /= np.maximum(np.bincount(column, minlength=size), 1)[:, None]
        left = left - books[level, column]
    return ResidualKMeans(books, (size,) * levels)
