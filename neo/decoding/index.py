"""The catalog index: which items may be named, by their SIDs, for every item type.

An index is never changed: a filter or a listener's past gives another index, which shares the sorted arrays of the
first one where it can. Whoever holds an index sees one catalog, whole, for as long as they hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from neo.decoding.packed import PackedSids, listed
from neo.sids.mapped import map_arrays, save_arrays
from neo.sids.table import SidTable
from neo_sdk.errors import BundleError, NotFoundError

FORMAT = "neo-sid-index-1"


@dataclass(frozen=True, eq=False)
class Learned:
    """The tuples of the items that a model was trained on, where they are not all. levels: how many of them tell items
    apart by what they are; a last one that only counts siblings means the same for all."""

    sids: PackedSids
    levels: int


@dataclass(frozen=True, eq=False)
class TypeIndex:
    """One item type: what is packed, less what has gone.

    gone: int64 [g], ascending places in `base`, of which there are few. learned: None where the model was trained on
    all items, or nobody knows.
    """

    base: PackedSids
    gone: torch.Tensor
    learned: Learned | None = None

    @classmethod
    def of(cls, base: PackedSids) -> TypeIndex:
        """With nothing gone."""
        return cls(base, torch.empty(0, dtype=torch.int64, device=base.rows.device))

    def __len__(self) -> int:
        return len(self.base) - len(self.gone)

    @property
    def size(self) -> int:
        """K."""
        return self.base.size

    @property
    def rows(self) -> torch.Tensor:
        """int32 [len], the catalog rows of all items. A pass over them."""
        return self.base.rows[self._left]

    def kept(self, allowed: torch.Tensor) -> TypeIndex:
        """The items of some catalog rows, bool [rows]; one compact base. A pass over all items."""
        return self._compact(allowed.index_select(0, self.base.rows) & self._left)

    def folded(self) -> TypeIndex:
        """The same items as one compact base."""
        return self._compact(self._left) if len(self.gone) else self

    def without(self, keys: torch.Tensor, rows: torch.Tensor | None) -> TypeIndex:
        """Less the items of some tuples, int64 [m]: all who share them, or those of some catalog rows only."""
        places, _ = listed(*self.base.ranges(keys, self.base.levels))
        if rows is not None:
            places = places[torch.isin(self.base.rows[places], rows)]
        return replace(self, gone=torch.cat([self.gone, places]).unique()) if len(places) else self

    def to(self, device: torch.device | str) -> TypeIndex:
        learned = self.learned and replace(self.learned, sids=self.learned.sids.to(device))
        return TypeIndex(self.base.to(device), self.gone.to(device), learned)

    @property
    def _left(self) -> torch.Tensor:
        """bool [n] over the base: what has not gone."""
        left = torch.ones(len(self.base), dtype=torch.bool, device=self.gone.device)
        left[self.gone] = False
        return left

    def _compact(self, keep: torch.Tensor) -> TypeIndex:
        """Some places of the base, bool [n], as a base of their own."""
        return replace(TypeIndex.of(self.base.kept(keep.nonzero().flatten())), learned=self.learned)


@dataclass(frozen=True, eq=False)
class SidIndex:
    """What may be named, for every item type. `types` maps a type's name to its part.

    made_of: the fingerprint of the SID table that the index was built from, if it is known.
    """

    levels: int
    types: Mapping[str, TypeIndex]
    made_of: str | None = None

    @classmethod
    def build(cls, table: SidTable) -> SidIndex:
        """The index of a whole SID table."""
        types = {
            name: TypeIndex.of(PackedSids.build(sids.codes, sids.rows, np.asarray(sids.stands), sids.size))
            for name, sids in table.types.items()
        }
        return cls(table.levels, types)

    def __len__(self) -> int:
        """How many items are in the index."""
        return sum(map(len, self.types.values()))

    @property
    def nbytes(self) -> int:
        """Of everything that the index keeps."""
        parts = self.types.values()
        learned = sum(part.learned.sids.nbytes for part in parts if part.learned is not None)
        return learned + sum(part.base.nbytes + part.gone.nbytes for part in parts)

    def of(self, type_name: str) -> TypeIndex:
        """One type's part; NotFoundError for a type without SIDs."""
        if type_name not in self.types:
            raise NotFoundError(f"no SIDs for item type {type_name!r}; there are: {', '.join(self.types)}")
        return self.types[type_name]

    def only(self, type_names: Iterable[str]) -> SidIndex:
        """The same index without the other types. Nothing is copied."""
        return SidIndex(self.levels, {name: self.of(name) for name in type_names})

    def filtered(self, allowed: np.ndarray) -> SidIndex:
        """The items that a bool mask over catalog rows allows; rows beyond the mask are not allowed.

        A pass over all items: make it once for a filter, and use it for every request that has this filter.
        """
        mask = torch.from_numpy(np.asarray(allowed, dtype=np.bool_))
        rows = 1 + max((part.base.top_row for part in self.types.values()), default=-1)
        if rows > len(mask):
            mask = torch.nn.functional.pad(mask, (0, rows - len(mask)))
        return SidIndex(self.levels, {name: part.kept(mask.to(part.gone.device)) for name, part in self.types.items()})

    def among(self, table: SidTable, rows: np.ndarray) -> SidIndex:
        """Of some catalog rows, those that are in the index: found by their codes, not by a pass over all items.

        table: where the rows' codes stand; rows without a SID are passed over.
        """
        types = {}
        for name, part in self.types.items():
            keys, wanted = _keys_of(table, name, np.unique(rows), part)
            places, _ = listed(*part.base.ranges(keys.unique(), self.levels))
            places = places[torch.isin(part.base.rows[places], wanted) & ~torch.isin(places, part.gone)]
            found = PackedSids.of_sorted(part.base.keys_at(places), part.base.rows[places], self.levels, part.size)
            types[name] = replace(TypeIndex.of(found), learned=part.learned)
        return SidIndex(self.levels, types)

    def learned_from(self, table: SidTable, counted: Iterable[str] = ()) -> SidIndex:
        """The same index for a model that was trained on the items of this table alone. counted: types whose last code
        only counts siblings."""
        types = {}
        for name, part in self.types.items():
            sids = table.of(name)
            packed = PackedSids.build(sids.codes, sids.rows, np.asarray(sids.stands), sids.size)
            types[name] = replace(part, learned=Learned(packed, self.levels - (name in counted)))
        return SidIndex(self.levels, types, self.made_of)

    def without(self, type_name: str, codes: Sequence[int]) -> SidIndex:
        """The same index without one tuple, and so without every item that shares it."""
        part = self.of(type_name)
        key = part.base.pack(torch.tensor([list(codes)], device=part.gone.device))
        return SidIndex(self.levels, {**self.types, type_name: part.without(key, None)})

    def without_rows(self, table: SidTable, rows: np.ndarray) -> SidIndex:
        """The same index without some catalog rows, at the cost of these rows. See `among`."""
        if not len(rows):
            return self
        types = {name: part.without(*_keys_of(table, name, rows, part)) for name, part in self.types.items()}
        return SidIndex(self.levels, types)

    def folded(self) -> SidIndex:
        """The same items, with what has gone taken out of the sorted arrays."""
        return SidIndex(self.levels, {name: part.folded() for name, part in self.types.items()}, self.made_of)

    def to(self, device: torch.device | str) -> SidIndex:
        return SidIndex(self.levels, {name: part.to(device) for name, part in self.types.items()}, self.made_of)

    def save(self, path: Path | str, made_of: str) -> None:
        """Writes one safetensors file, beside it first, then renamed. made_of: the SID table's fingerprint."""
        types = self.folded().types
        arrays = {f"{name}.{key}": array for name, part in types.items() for key, array in part.base.arrays.items()}
        learned = {name: part.learned for name, part in types.items() if part.learned is not None}
        for name, known in learned.items():
            arrays |= {f"{name}.learned.{key}": array for key, array in known.sids.arrays.items()}
        about = {
            "format": FORMAT,
            "made_of": made_of,
            "levels": str(self.levels),
            "types": json.dumps({name: [part.size, part.base.low_bits] for name, part in types.items()}),
            "learned": json.dumps({name: [known.levels, known.sids.low_bits] for name, known in learned.items()}),
        }
        save_arrays(Path(path), {name: array.numpy(force=True) for name, array in arrays.items()}, about)

    @classmethod
    def load(cls, path: Path | str) -> SidIndex:
        """Maps a saved index into memory. BundleError for a file that is not a sound index."""
        path = Path(path)
        about, arrays = map_arrays(path, FORMAT)
        try:
            levels, types = int(about["levels"]), {}
            for name, (size, low_bits) in json.loads(about["types"]).items():
                types[name] = TypeIndex.of(_packed(arrays, name, size, levels, low_bits))
            for name, (compared, low_bits) in json.loads(about.get("learned", "{}")).items():
                known = _packed(arrays, f"{name}.learned", types[name].size, levels, low_bits)
                types[name] = replace(types[name], learned=Learned(known, compared))
            return cls(levels, types, about["made_of"])
        except (KeyError, ValueError, TypeError) as error:
            raise BundleError(f"{path}: not a readable SID index: {error}") from error


def _packed(arrays: Mapping[str, np.ndarray], name: str, size: int, levels: int, low_bits: int) -> PackedSids:
    parts = {key: torch.from_numpy(arrays[f"{name}.{key}"]) for key in ("starts", "low", "rows")}
    packed = PackedSids(size, levels, low_bits, **parts)
    if problem := packed.problem():
        raise ValueError(f"{name}: {problem}")
    return packed


def _keys_of(table: SidTable, name: str, rows: np.ndarray, part: TypeIndex) -> tuple[torch.Tensor, torch.Tensor]:
    """The keys of those catalog rows that have a SID of this type, and these rows; int64 and int32 [m]."""
    sids = table.of(name)
    places = sids.positions(rows)
    places = places[places >= 0]
    keys = part.base.pack(torch.from_numpy(sids.codes[places].astype(np.int64)))
    found = torch.from_numpy(sids.rows[places].astype(np.int32))
    return keys.to(part.gone.device), found.to(part.gone.device)
