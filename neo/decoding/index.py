"""The catalog index: which SID tuples exist, as one sorted array of packed keys per item type.

A key holds a tuple's codes as the digits of one number in base K, so all tuples that share a prefix are
neighbors and "what may follow this prefix" is a binary search. Cost: 8 bytes an item where K ** levels <=
2**32 (3 levels of 1,024 codes, 4 of 256), else 12. The index is immutable and has no state: a filter is just
a smaller index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neo.sids.table import SidTable, pack_codes
from neo_sdk.errors import NotFoundError


@dataclass(frozen=True)
class TypeIndex:
    """One item type. keys: uint32 or uint64 [n], ascending; rows: int32 [n], the catalog row of each key.

    Where items share a tuple its key stands once for each of them, the item that the tuple names first.
    """

    size: int
    levels: int
    keys: np.ndarray
    rows: np.ndarray

    @classmethod
    def build(cls, codes: np.ndarray, rows: np.ndarray, stands: np.ndarray, size: int) -> TypeIndex:
        levels = codes.shape[1]
        keys = pack_codes(codes, size).astype(np.uint32 if size**levels <= 1 << 32 else np.uint64)
        first_stands = np.argsort(~stands, kind="stable")
        order = first_stands[np.argsort(keys[first_stands], kind="stable")]
        return cls(size, levels, keys[order], rows[order].astype(np.int32))

    @cached_property
    def reachable(self) -> int:
        """How many different tuples there are."""
        return int(np.count_nonzero(np.diff(self.keys))) + 1 if len(self.keys) else 0

    def ranges(self, prefixes: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """Packed prefixes [n] of `level` codes -> where their tuples begin and end in `keys`, int64 [n]
        each."""
        span = self.size ** (self.levels - level)
        low = prefixes.astype(np.uint64) * np.uint64(span)
        # The last key, not the next prefix's first: that one can lie outside the key's dtype.
        high = low + np.uint64(span - 1)
        dtype = self.keys.dtype
        return np.searchsorted(self.keys, low.astype(dtype)), np.searchsorted(self.keys, high.astype(dtype), "right")

    def allowed(self, prefixes: np.ndarray, level: int) -> np.ndarray:
        """Packed prefixes [n] of `level` codes -> bool [n, K]: which codes continue each of them to a
        tuple."""
        if level == 0:
            return np.broadcast_to(self._first_codes, (len(prefixes), self.size))
        start, end = self.ranges(prefixes, level)
        width, one = end - start, np.uint64(self.size ** (self.levels - level - 1))
        if width.sum() > len(prefixes) * self.size:
            # Many tuples are left (the first levels of a large catalog): search for each child.
            return self._children(prefixes, one)
        # Few are left: look at each one.
        who = np.repeat(np.arange(len(prefixes)), width)
        place = np.arange(len(who)) - np.repeat(np.cumsum(width) - width, width) + start[who]
        codes = self.keys[place].astype(np.uint64) // one % np.uint64(self.size)
        allowed = np.zeros((len(prefixes), self.size), dtype=np.bool_)
        allowed[who, codes.astype(np.int64)] = True
        return allowed

    @cached_property
    def _first_codes(self) -> np.ndarray:
        return self._children(np.zeros(1, dtype=np.uint64), np.uint64(self.size ** (self.levels - 1)))[0]

    def _children(self, prefixes: np.ndarray, one: np.uint64) -> np.ndarray:
        """bool [n, K]: the children of each prefix that have tuples; `one` is how many keys a child spans."""
        codes = np.arange(self.size, dtype=np.uint64)
        low = ((prefixes.astype(np.uint64)[:, None] * np.uint64(self.size) + codes) * one).ravel()
        place = np.searchsorted(self.keys, low.astype(self.keys.dtype))
        exists = place < len(self.keys)
        exists[exists] = self.keys[place[exists]] - low[exists] < one
        return exists.reshape(len(prefixes), self.size)

    def rows_of(self, keys: np.ndarray) -> np.ndarray:
        """Packed tuples [n] -> the catalog row that each one names, int64 [n]; -1 where there is none."""
        start, end = self.ranges(keys, self.levels)
        found = np.full(len(keys), -1, dtype=np.int64)
        exists = end > start
        found[exists] = self.rows[start[exists]]
        return found


class SidIndex:
    """Which tuples exist, for every item type. `types` maps a type's name to its sorted arrays."""

    def __init__(self, levels: int, types: Mapping[str, TypeIndex]) -> None:
        self.levels = levels
        self.types = dict(types)

    @classmethod
    def build(cls, table: SidTable) -> SidIndex:
        """The index of a whole SID table."""
        parts = {
            name: TypeIndex.build(sids.codes, sids.rows, np.asarray(sids.stands), sids.size)
            for name, sids in table.types.items()
        }
        return cls(table.levels, parts)

    def __len__(self) -> int:
        """How many items are in the index."""
        return sum(len(part.keys) for part in self.types.values())

    def reachable(self, type_names: Iterable[str] | None = None) -> int:
        """How many different tuples of these types (default: all) there are: the most items a search can
        return."""
        return sum(self.of(name).reachable for name in (self.types if type_names is None else type_names))

    def of(self, type_name: str) -> TypeIndex:
        """One type's part; NotFoundError for a type without SIDs."""
        if type_name not in self.types:
            raise NotFoundError(f"no SIDs for item type {type_name!r}; there are: {', '.join(self.types)}")
        return self.types[type_name]

    def allowed_codes(self, type_name: str, prefixes: np.ndarray, level: int) -> np.ndarray:
        """Packed prefixes [n] of `level` codes (see `pack`) -> bool [n, K]: the codes that lead to an item.
        Exact."""
        return self.of(type_name).allowed(np.asarray(prefixes), level)

    def rows_of(self, type_name: str, keys: np.ndarray) -> np.ndarray:
        """Packed tuples [n] -> catalog rows int64 [n], -1 where no item has the tuple."""
        return self.of(type_name).rows_of(np.asarray(keys))

    def row_of(self, type_name: str, codes: Sequence[int]) -> int | None:
        """The catalog row that a tuple names, or None."""
        part = self.of(type_name)
        if len(codes) != self.levels or not all(0 <= code < part.size for code in codes):
            return None
        row = int(part.rows_of(self.pack(type_name, [codes]))[0])
        return None if row < 0 else row

    def pack(self, type_name: str, codes: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """Codes [n, l] -> uint64 [n]: prefixes of l codes (whole tuples where l is all levels)."""
        return pack_codes(np.asarray(codes), self.of(type_name).size).astype(np.uint64)

    def filtered(self, allowed: np.ndarray) -> SidIndex:
        """The index of some items only: a bool mask over catalog rows, or an array of catalog rows.

        Rows beyond the mask are not allowed. Nothing is sorted again.
        """
        allowed = np.asarray(allowed)
        highest = max((int(part.rows.max(initial=-1)) for part in self.types.values()), default=-1)
        mask = np.zeros(highest + 1, dtype=np.bool_)
        if allowed.dtype == np.bool_:
            mask[: len(allowed)] = allowed[: len(mask)]
        elif allowed.size:
            mask[allowed[(allowed >= 0) & (allowed <= highest)].astype(np.int64)] = True
        parts = {}
        for name, part in self.types.items():
            keep = mask[part.rows]
            parts[name] = TypeIndex(part.size, part.levels, part.keys[keep], part.rows[keep])
        return SidIndex(self.levels, parts)

    def only(self, type_names: Iterable[str]) -> SidIndex:
        """The same index without the other types. Nothing is copied."""
        return SidIndex(self.levels, {name: self.of(name) for name in type_names})

    def without(self, type_name: str, codes: Sequence[int]) -> SidIndex:
        """The same index without one tuple, and so without every item that shares it."""
        part = self.of(type_name)
        start, end = part.ranges(self.pack(type_name, [codes]), part.levels)
        gone = slice(int(start[0]), int(end[0]))
        smaller = TypeIndex(part.size, part.levels, np.delete(part.keys, gone), np.delete(part.rows, gone))
        return SidIndex(self.levels, {**self.types, type_name: smaller})

    def without_rows(self, table: SidTable, rows: np.ndarray) -> SidIndex:
        """The same index without some catalog rows, found by their keys and not by a pass over all rows.

        table: where the rows' codes stand; rows without a SID are passed over.
        """
        if not len(rows):
            return self
        parts = {}
        for name, part in self.types.items():
            sids = table.of(name)
            places = sids.positions(rows)
            start, end = part.ranges(pack_codes(sids.codes[places[places >= 0]], sids.size), part.levels)
            # Items can share a tuple (the paper's canonical rule): what stays then takes the tuple over.
            shared = [np.arange(first, last) for first, last in zip(start, end, strict=True)]
            found = np.concatenate(shared) if shared else np.empty(0, dtype=np.int64)
            gone = found[np.isin(part.rows[found], rows)]
            parts[name] = TypeIndex(part.size, part.levels, np.delete(part.keys, gone), np.delete(part.rows, gone))
        return SidIndex(self.levels, parts)
