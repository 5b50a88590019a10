"""The SID table: which codes each catalog row has, and which row a tuple of codes names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from neo.sids.mapped import map_arrays, save_arrays
from neo_sdk.errors import BundleError, ConfigError, NotFoundError

FORMAT = "neo-sid-table-1"
MAX_CODES = 1 << 16
MAX_BITS = 62  # of a tuple: what comes after the last one still fits an int64
_PARTS: dict[str, np.dtype[Any]] = {"rows": np.dtype("<i8"), "codes": np.dtype("<u2"), "stands": np.dtype("?")}


def code_bits(size: int) -> int:
    """How many bits a code of a codebook of `size` takes."""
    return max(1, (size - 1).bit_length())


def check_shape(levels: int, size: int) -> None:
    """Raise ConfigError unless `levels` levels of `size` codes can be stored and packed into one int64."""
    if levels < 1 or not 1 <= size <= MAX_CODES or levels * code_bits(size) > MAX_BITS:
        raise ConfigError(
            f"{levels} levels of {size} codes: levels must be at least 1, codes between 1 and {MAX_CODES}, "
            f"and a tuple at most {MAX_BITS} bits, {code_bits(max(1, size))} for each of these codes"
        )


def pack_codes(codes: np.ndarray, size: int) -> np.ndarray:
    """Each row of `codes` (integers [n, levels], every code < size) as one int64: its digits in base `size`.

    Tuples that share a prefix are neighbors in the sorted keys. Fewer columns pack a prefix.
    """
    keys = np.zeros(len(codes), dtype=np.int64)
    for level in range(codes.shape[1]):
        keys *= size
        keys += codes[:, level]
    return keys


@dataclass(frozen=True)
class TypeSids:
    """The SIDs of one item type. Arrays may be read-only memory maps.

    size: K, how many codes a level has.
    rows: int64 [n], catalog rows, ascending.
    codes: uint16 [n, levels].
    stands: bool [n], whether the item is the one that its tuple names (all of them, where codes are unique).
    """

    size: int
    rows: np.ndarray
    codes: np.ndarray
    stands: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def index(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted packed keys of all tuples in use (int64 [m]) and the row that each one names (int64 [m])."""
        keys = pack_codes(self.codes[self.stands], self.size)
        order = np.argsort(keys, kind="stable")
        return keys[order], self.rows[self.stands][order]

    def positions(self, rows: np.ndarray) -> np.ndarray:
        """Where each catalog row stands in `self.rows`; -1 for rows that have no SID of this type."""
        if len(self) == 0:
            return np.full(len(rows), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.rows, rows), len(self) - 1)
        return np.where(self.rows[places] == rows, places, -1)


def canonical(codes: np.ndarray, size: int, popularity: np.ndarray | None = None) -> np.ndarray:
    """bool [n]: which item each tuple names: the most popular one that has it, the first among equals.

    This is the paper's rule for items that collide; where codes are unique every item stands for its own.
    """
    order = by_popularity(len(codes), popularity)
    first = np.unique(pack_codes(codes[order], size), return_index=True)[1]
    stands = np.zeros(len(codes), dtype=np.bool_)
    stands[order[first]] = True
    return stands


def by_popularity(count: int, popularity: np.ndarray | None) -> np.ndarray:
    """Positions 0..count-1, most popular first, unknown (NaN) popularity last; equals keep their order."""
    if popularity is None:
        return np.arange(count)
    if len(popularity) != count:
        raise ConfigError(f"popularity has {len(popularity)} values for {count} items: give one per item")
    return np.argsort(-np.nan_to_num(np.asarray(popularity, dtype=np.float64), nan=-np.inf), kind="stable")


@dataclass(frozen=True)
class SidTable:
    """Catalog rows and their SIDs, for every item type. Immutable.

    Build one with `from_codes`; every type has the same number of levels and a codebook size of its own.
    """

    levels: int
    types: Mapping[str, TypeSids]

    @classmethod
    def from_codes(
        cls,
        rows: Mapping[str, Sequence[int] | np.ndarray],
        codes: Mapping[str, Any],
        sizes: Mapping[str, int],
        popularity: Mapping[str, np.ndarray] | None = None,
    ) -> SidTable:
        """Per type: catalog rows [n] in any order, codes [n, levels], K; popularity [n] says who stands for
        a shared tuple (else the lowest row). Raises ConfigError when they do not fit together."""
        if not codes or set(codes) != set(rows) or set(codes) != set(sizes):
            raise ConfigError(
                f"rows, codes and sizes must name the same item types, at least one; "
                f"got {sorted(rows)}, {sorted(codes)} and {sorted(sizes)}"
            )
        types = {}
        for name in codes:
            row, code = np.asarray(rows[name], dtype=np.int64), np.asarray(codes[name])
            if code.ndim != 2 or len(row) != len(code):
                raise ConfigError(f"{name}: codes must be [{len(row)}, levels], got {list(code.shape)}")
            if code.size and (code.min() < 0 or code.max() >= sizes[name]):
                found = f"{code.min()} to {code.max()}"
                raise ConfigError(f"{name}: codes must lie in [0, {sizes[name]}), got {found}")
            order = np.argsort(row, kind="stable")
            row, code = row[order], np.ascontiguousarray(code[order], dtype=np.uint16)
            weight = None if popularity is None else np.asarray(popularity[name])[order]
            types[name] = TypeSids(sizes[name], row, code, canonical(code, sizes[name], weight))
        table = cls(next(iter(types.values())).codes.shape[1], types)
        if problem := table._problem():
            raise ConfigError(problem)
        return table

    def _problem(self) -> str | None:
        """What is wrong with the arrays, in words, or None."""
        for name, sids in self.types.items():
            check_shape(self.levels, sids.size)
            n = len(sids.rows)
            if sids.codes.shape != (n, self.levels) or sids.stands.shape != (n,):
                return f"{name}: expected codes [{n}, {self.levels}] and stands [{n}], got {sids.codes.shape}"
            if n and (sids.rows[0] < 0 or (np.diff(sids.rows) <= 0).any()):
                return f"{name}: catalog rows must be distinct and not negative"
            if n and int(sids.codes.max()) >= sids.size:
                return f"{name}: code {int(sids.codes.max())} is outside a codebook of {sids.size}"
        return None

    def __len__(self) -> int:
        return sum(len(sids) for sids in self.types.values())

    @property
    def type_names(self) -> tuple[str, ...]:
        return tuple(self.types)

    @property
    def codebook_sizes(self) -> dict[str, int]:
        """K of each type."""
        return {name: sids.size for name, sids in self.types.items()}

    def of(self, type_name: str) -> TypeSids:
        """The SIDs of one type; NotFoundError for a type without SIDs."""
        if type_name not in self.types:
            raise NotFoundError(f"no SIDs for item type {type_name!r}; there are: {', '.join(self.types)}")
        return self.types[type_name]

    def has(self, row: int) -> bool:
        return self.type_of(row) is not None

    def type_of(self, row: int) -> str | None:
        """The type whose codes the catalog row has, or None where it has no SID."""
        index = int(self.types_of_rows([row])[0])
        return None if index < 0 else self.type_names[index]

    def types_of_rows(self, rows: Iterable[int] | np.ndarray) -> np.ndarray:
        """int16 [n]: for each catalog row an index into `type_names`; -1 where it has no SID."""
        rows = _row_array(rows)
        found = np.full(len(rows), -1, dtype=np.int16)
        for index, sids in enumerate(self.types.values()):
            found[sids.positions(rows) >= 0] = index
        return found

    def codes_of(self, row: int) -> tuple[int, ...]:
        """The codes of one catalog row; NotFoundError where it has no SID."""
        return tuple(int(code) for code in self.codes_of_rows([row])[0])

    def codes_of_rows(self, rows: Iterable[int] | np.ndarray) -> np.ndarray:
        """uint16 [n, levels] for catalog rows of any types; NotFoundError naming the first without a SID."""
        rows = _row_array(rows)
        codes = np.zeros((len(rows), self.levels), dtype=np.uint16)
        missing = np.ones(len(rows), dtype=np.bool_)
        for sids in self.types.values():
            places = sids.positions(rows)
            here = places >= 0
            codes[here] = sids.codes[places[here]]
            missing &= ~here
        if missing.any():
            raise NotFoundError(
                f"catalog row {int(rows[missing][0])} has no SID ({int(missing.sum())} of {len(rows)} have "
                f"none); assign codes to new items with SidModel.assign"
            )
        return codes

    def row_of(self, type_name: str, codes: Sequence[int]) -> int | None:
        """The catalog row that a tuple names (where items share it, the most popular), or None."""
        sids = self.of(type_name)
        if len(codes) != self.levels or not all(0 <= int(code) < sids.size for code in codes):
            return None
        keys, rows = sids.index
        key = pack_codes(np.asarray([codes], dtype=np.int64), sids.size)[0]
        place = int(np.searchsorted(keys, key))
        return int(rows[place]) if place < len(keys) and keys[place] == key else None

    def extended(self, type_name: str, rows: np.ndarray, codes: np.ndarray) -> SidTable:
        """A table with more items of one type. Nobody already in the table moves or loses its tuple."""
        old = self.of(type_name)
        rows, codes = _row_array(rows), np.asarray(codes, dtype=np.uint16).reshape(len(rows), self.levels)
        if known := self.types_of_rows(rows).max(initial=-1) + 1:
            raise ConfigError(f"rows already have SIDs as {self.type_names[known - 1]}; give only new rows")
        merged, all_codes = np.concatenate([old.rows, rows]), np.concatenate([old.codes, codes])
        # What stands keeps standing: its rank is above every newcomer's.
        stands = canonical(all_codes, old.size, np.concatenate([old.stands * 2.0, np.ones(len(rows))]))
        order = np.argsort(merged, kind="stable")
        part = TypeSids(old.size, merged[order], all_codes[order], stands[order])
        table = SidTable(self.levels, {**self.types, type_name: part})
        if problem := table._problem():
            raise ConfigError(problem)
        return table

    def shuffled(self, seed: int) -> SidTable:
        """The same tuples dealt at random to the items of their type: meaningless SIDs (an ablation)."""
        types = {}
        for index, (name, sids) in enumerate(self.types.items()):
            deal = np.random.default_rng([seed, index]).permutation(len(sids))
            types[name] = TypeSids(sids.size, sids.rows, sids.codes[deal], sids.stands[deal])
        return SidTable(self.levels, types)

    def fingerprint(self) -> str:
        """sha256 over everything in the table; equal tables have equal fingerprints on every machine."""
        digest = hashlib.sha256(json.dumps([FORMAT, self.levels, list(self.codebook_sizes.items())]).encode())
        for sids in self.types.values():
            for part, dtype in _PARTS.items():
                array = np.ascontiguousarray(getattr(sids, part), dtype=dtype)
                digest.update(len(array).to_bytes(8, "little"))
                digest.update(array.data if array.size else b"")
        return digest.hexdigest()

    def save(self, path: Path | str) -> None:
        """Write one safetensors file (beside it first, then renamed)."""
        arrays = {
            f"{name}.{part}": np.asarray(getattr(sids, part), dtype=dtype)
            for name, sids in self.types.items()
            for part, dtype in _PARTS.items()
        }
        about = {"format": FORMAT, "levels": str(self.levels), "sizes": json.dumps(self.codebook_sizes)}
        save_arrays(Path(path), arrays, about)

    @classmethod
    def load(cls, path: Path | str) -> SidTable:
        """Map a saved table into memory, read-only. BundleError for a file that is not a sound table."""
        path = Path(path)
        about, arrays = map_arrays(path, FORMAT)
        try:
            types = {name: _type_sids(name, int(size), arrays) for name, size in json.loads(about["sizes"]).items()}
            table = cls(int(about["levels"]), types)
            problem = table._problem()
        except (KeyError, ValueError, TypeError, ConfigError) as error:
            raise BundleError(f"{path}: not a readable SID table: {error}") from error
        if problem:
            raise BundleError(f"{path}: broken SID table: {problem}")
        return table


def _row_array(rows: Iterable[int] | np.ndarray) -> np.ndarray:
    return np.atleast_1d(np.asarray(rows if isinstance(rows, np.ndarray) else list(rows), dtype=np.int64))


def _type_sids(name: str, size: int, arrays: Mapping[str, np.ndarray]) -> TypeSids:
    parts = {part: arrays[f"{name}.{part}"] for part in _PARTS}
    for part, dtype in _PARTS.items():
        if parts[part].dtype != dtype:
            raise ValueError(f"{name}.{part} has the type {parts[part].dtype}, expected {dtype}")
        parts[part].flags.writeable = False
    return TypeSids(size, **parts)
