"""An item's vector is what its codes mean: what comes in tomorrow with a SID has one, and none is stored by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neo.sids.table import SidTable


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """books: float32 [levels, K, d] by item type, see `neo.sids.meanings`; table: which codes an item has."""

    books: Mapping[str, np.ndarray]
    table: SidTable

    @classmethod
    def narrowed(cls, books: Mapping[str, np.ndarray], table: SidTable, rows: np.ndarray, dim: int) -> ItemVectors:
        """Of the meanings of codes the `dim` directions in which most of these catalog rows differ most."""
        whole = cls(books, table)
        vectors = whole.of(rows)
        if dim >= whole.dim:
            return whole
        _, _, axes = np.linalg.svd(vectors.T @ vectors / max(len(vectors), 1))
        return cls({name: (book @ axes[:dim].T).astype(np.float32) for name, book in books.items()}, table)

    @property
    def dim(self) -> int:
        return int(next(iter(self.books.values())).shape[2])

    def of(self, rows: np.ndarray) -> np.ndarray:
        """float32 [n, d] of catalog rows [n]; zero for an item without a SID."""
        vectors = np.zeros((len(rows), self.dim), dtype=np.float32)
        types = self.table.types_of_rows(rows)
        for code, name in enumerate(self.table.type_names):
            mine = np.flatnonzero(types == code)
            if len(mine):
                first, *others = zip(self.books[name], self.table.codes_of_rows(rows[mine]).T, strict=True)
                summed = first[0][first[1]]
                for book, column in others:
                    summed += book[column]
                vectors[mine] = summed
        return vectors

    def type_codes(self, rows: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """int [n]: the place in `names` of each item's type; -1 for an item without a SID."""
        place = np.array([*map(list(names).index, self.table.type_names), -1])
        return place[self.table.types_of_rows(rows)]
