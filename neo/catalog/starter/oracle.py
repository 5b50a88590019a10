"""The oracle: the true distribution of the choices that recommenders are asked to foresee.

It knows the latent state at the moment of the choice, so on average no recommender can rank better.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from neo.catalog.columns import read_parquet, write_parquet
from neo_sdk.errors import NotFoundError

TOP = 50
SPLITS = ("validation", "test")
TYPES = ("show", "episode", "audiobook")


@dataclass(frozen=True, eq=False)
class Cases:
    """One row a choice. `rows` and `probabilities`: the true distribution's top, then -1 and 0."""

    split: np.ndarray  # int8[n] into SPLITS
    type: np.ndarray  # int8[n] into TYPES
    listener: np.ndarray  # int32[n], -1 unknown
    search: np.ndarray  # int32[n] row of the search log, -1 for choices without a query
    time: np.ndarray  # int64[n]
    target: np.ndarray  # int32[n] catalog row that was chosen
    probability: np.ndarray  # float32[n] true probability of the target
    rows: np.ndarray  # int32[n, TOP]
    probabilities: np.ndarray  # float32[n, TOP]

    def __len__(self) -> int:
        return len(self.target)

    def take(self, chosen: np.ndarray) -> Cases:
        """Some of the cases: a mask or indices."""
        return Cases(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def of_type(self, type_name: str) -> Cases:
        return self.take(self.type == TYPES.index(type_name))

    def mass(self, k: int) -> np.ndarray:
        """float64[n]: the hit rate at k (at most TOP) that the oracle's ranking expects of itself."""
        return self.probabilities[:, :k].sum(axis=1, dtype=np.float64)

    def ranks(self) -> np.ndarray:
        """int64[n]: the target's place in the oracle's ranking from 0; TOP where it is not in it."""
        hits = self.rows == self.target[:, None]
        return np.where(hits.any(axis=1), np.argmax(hits, axis=1), TOP)

    def hit_rate(self, k: int) -> float:
        return float(np.mean(self.ranks() < k)) if len(self) else float("nan")

    @staticmethod
    def join(parts: list[Cases]) -> Cases:
        """All cases of several tables."""
        return Cases(*(np.concatenate([getattr(part, name) for part in parts]) for name in Cases.__dataclass_fields__))

    @classmethod
    def of(
        cls,
        split: int,
        type_name: str,
        listener: np.ndarray,
        search: np.ndarray,
        time: np.ndarray,
        target: np.ndarray,
        rows: np.ndarray,
        weights: np.ndarray,
    ) -> Cases:
        """Cases of one split and type. `weights` [n, m] are the probabilities of `rows` ([m] or [n, m])."""
        n = len(target)
        rows = np.broadcast_to(rows, weights.shape)
        order = np.argsort(-weights, axis=1, kind="stable")[:, :TOP]
        top, best = np.take_along_axis(rows, order, axis=1), np.take_along_axis(weights, order, axis=1)
        pad = ((0, 0), (0, TOP - top.shape[1]))
        top = np.pad(np.where(best > 0, top, -1), pad, constant_values=-1)
        probability = (weights * (rows == target[:, None])).sum(axis=1)
        return cls(
            np.full(n, split, dtype=np.int8),
            np.full(n, TYPES.index(type_name), dtype=np.int8),
            listener.astype(np.int32),
            search.astype(np.int32),
            time.astype(np.int64),
            target.astype(np.int32),
            probability.astype(np.float32),
            top.astype(np.int32),
            np.pad(best, pad).astype(np.float32),
        )

    @classmethod
    def none(cls) -> Cases:
        empty = np.empty(0, dtype=np.int64)
        return cls.of(0, "show", empty, empty, empty, empty, np.empty((0, 1), dtype=np.int64), np.empty((0, 1)))

    def save(self, path: str | Path) -> None:
        columns = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("rows", "probabilities")
        }
        for name in ("rows", "probabilities"):
            columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(getattr(self, name).ravel()), TOP)
        write_parquet(pa.table(columns), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Cases:
        """Raises BundleError if the file is missing or damaged."""
        table = read_parquet(Path(path)).combine_chunks()
        columns = {name: table.column(name) for name in cls.__dataclass_fields__}
        wide = {name: columns.pop(name).combine_chunks().flatten().to_numpy() for name in ("rows", "probabilities")}
        return cls(
            **{name: column.to_numpy() for name, column in columns.items()},
            **{name: values.reshape(-1, TOP) for name, values in wide.items()},
        )


@dataclass(frozen=True, eq=False)
class Oracle:
    """`recommend`: a listener's first choice of each type in a window; `search`: all searches."""

    recommend: Cases
    search: Cases

    def cases(self, split: str) -> Cases:
        """The recommendation cases of "validation" or "test"."""
        return self.recommend.take(self.recommend.split == _split(split))

    def search_cases(self, split: str) -> Cases:
        """The searches of "validation" or "test"."""
        return self.search.take(self.search.split == _split(split))

    def ranking(self, split: str, listener: int, type_name: str, k: int = TOP) -> np.ndarray:
        """int32[<=k]: the best possible ranking for a case. Raises NotFoundError if there is none."""
        case = self._places.get((_split(split), listener, type_name))
        if case is None:
            raise NotFoundError(f"no {split} case of listener {listener} and type {type_name!r}")
        rows = self.recommend.rows[case, :k]
        return rows[rows >= 0]

    @cached_property
    def _places(self) -> dict[tuple[int, int, str], int]:
        cases = self.recommend
        keys = zip(cases.split.tolist(), cases.listener.tolist(), cases.type.tolist(), strict=True)
        return {(split, listener, TYPES[code]): i for i, (split, listener, code) in enumerate(keys)}

    def save(self, folder: str | Path) -> None:
        """Writes oracle.parquet and oracle_searches.parquet."""
        self.recommend.save(Path(folder) / "oracle.parquet")
        self.search.save(Path(folder) / "oracle_searches.parquet")

    @classmethod
    def load(cls, folder: str | Path) -> Oracle:
        return cls(Cases.load(Path(folder) / "oracle.parquet"), Cases.load(Path(folder) / "oracle_searches.parquet"))


def _split(name: str) -> int:
    if name not in SPLITS:
        raise NotFoundError(f"no split {name!r}, there are: {', '.join(SPLITS)}")
    return SPLITS.index(name)
