"""Items that lie near others, by what they say and who meets them: what "more like it" is answered with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Near:
    """vectors: float32 [n, d], length 1 (or 0), of the catalog rows int64 [n]; types: int [n], their type codes."""

    rows: np.ndarray
    vectors: np.ndarray
    types: np.ndarray

    @classmethod
    def among(cls, rows: np.ndarray, vectors: np.ndarray, type_codes: np.ndarray) -> Near:
        """Of catalog rows [n] with vectors [n, d]; type_codes: of the whole catalog."""
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return cls(rows, (vectors / np.maximum(lengths, 1e-12)).astype(np.float32), type_codes[rows])

    def to(self, items: Sequence[int], code: int, count: int, without: Collection[int] = ()) -> list[int]:
        """At most `count` catalog rows of a type, the nearest to the mean of some items first, without some."""
        places = np.searchsorted(self.rows, np.asarray(items, dtype=np.int64))
        mine = np.flatnonzero(self.types == code)
        if not len(mine) or not len(places):
            return []
        cosines = self.vectors[mine] @ self.vectors[places].mean(axis=0)
        wanted = min(count + len(without), len(mine))
        best = mine[np.argpartition(-cosines, wanted - 1)[:wanted]]
        order = best[np.lexsort((best, -(self.vectors[best] @ self.vectors[places].mean(axis=0))))]
        left_out = set(without)
        return [row for row in self.rows[order].tolist() if row not in left_out][:count]
