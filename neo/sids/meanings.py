"""What codes mean, whoever made them: the mean of what is left of their items' vectors after the levels before."""

from __future__ import annotations

import numpy as np

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.sids.build import SidModel, code_vectors
from neo.sids.quantize import ResidualKMeans


def code_meanings(sids: SidModel, catalog: Catalog, rows: np.ndarray, events: Events) -> dict[str, np.ndarray]:
    """float32 [levels, K, dim] by type: what the codes of these items say, and who meets them.

    rows: the catalog rows that may be learned from. Codes of no such item are zero vectors.
    """
    config = sids.config.model_copy(update={"vectors": "both"})
    vectors = code_vectors(sids.embed(catalog, rows), rows, config, events)
    books = {}
    for name, of_type in sids.table.types.items():
        mine = np.isin(rows, of_type.rows)
        codes = sids.table.codes_of_rows(rows[mine])
        books[name] = meanings(vectors[mine], codes, sids.table.codebook_sizes[name]).codebooks
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
