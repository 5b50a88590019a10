"""Which SID tuples of one item type exist: packed, sorted, and cut into buckets, in 6 to 9 bytes an item.

A tuple's codes are the bits of one number, its key, so all tuples that share a prefix are neighbors among the sorted
keys. Keys are cut in two, as in a phone book: the high bits are a place in a table of where each bucket begins, and
only the low bits are kept for each item, in 2 or 4 bytes. A prefix that fills whole buckets is found without a search,
what follows another one by a pass over its bucket, or a search where the bucket is full. Ten million items of four
codes of 256: 2 bytes of key, 4 of row.

Nothing here changes after it is made, and all of it may be a read-only memory map, on the CPU, or live on a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from neo.sids.table import check_shape, code_bits

SMALL = 1 << 12  # a table of this many buckets costs nothing worth saving
# All items of the prefixes' buckets are listed up to so many a prefix, rather than searched for every child. With 30
# prefixes, two cores, 4 levels of 256: .19 instead of .83 ms at 39 items a bucket, .5 instead of 1.8 at 390, .8 instead
# of 1.7 at 742.
LISTED = 1 << 10


def listed(start: torch.Tensor, end: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Ranges [m] -> every place in them, one after another, and which range each belongs to; int64 [sum] both."""
    width = end - start
    who = torch.repeat_interleave(width)
    return torch.arange(len(who), device=who.device) - (width.cumsum(0) - width - start)[who], who


@dataclass(frozen=True, eq=False)
class PackedSids:
    """The tuples of n items of one type, in the order of their keys.

    size: K; levels: codes of a tuple; low_bits: how many of a key's bits `low` has.
    starts: int32 [buckets + 1], where each bucket begins, and n.
    low: int16, int32 or int64 [n], the bits as they are (the sign means nothing), ascending within a bucket.
    rows: int32 [n], the catalog row of each. Where items share a tuple, the one it names comes first.
    """

    size: int
    levels: int
    low_bits: int
    starts: torch.Tensor
    low: torch.Tensor
    rows: torch.Tensor

    @classmethod
    def build(cls, codes: np.ndarray, rows: np.ndarray, stands: np.ndarray, size: int) -> PackedSids:
        """From codes [n, levels] in [0, size), catalog rows [n], and who stands for a shared tuple (bool [n])."""
        bits, levels = code_bits(size), codes.shape[1]
        check_shape(levels, size)
        keys = np.zeros(len(codes), dtype=np.int64)
        for level in range(levels):
            keys <<= bits
            keys |= codes[:, level].astype(np.int64)
        # Equal keys: who stands comes first, then the lower row.
        order = np.argsort(keys, kind="stable") if stands.all() else np.lexsort((~stands, keys))
        named = torch.from_numpy(rows[order].astype(np.int32))
        return cls.of_sorted(torch.from_numpy(keys[order]), named, levels, size)

    @classmethod
    def of_sorted(cls, keys: torch.Tensor, rows: torch.Tensor, levels: int, size: int) -> PackedSids:
        """From keys in ascending order, int64 [n], and their rows, int32 [n]."""
        bits = code_bits(size)
        low_bits = _low_bits(len(keys), bits, levels)
        edges = torch.arange((1 << (bits * levels - low_bits)) + 1, device=keys.device) << low_bits
        starts = torch.searchsorted(keys, edges, out_int32=True)
        dtype = _low_type(low_bits)
        low = keys & ((1 << low_bits) - 1)
        narrow = 8 * dtype.itemsize
        if narrow < 64:  # to the same bits as a signed number: a conversion out of range is undefined
            low = low - ((low >> (narrow - 1)) << narrow)
        return cls(size, levels, low_bits, starts, low.to(dtype), rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        """Of everything that is kept."""
        return sum(part.numel() * part.element_size() for part in self.arrays.values())

    @property
    def arrays(self) -> Mapping[str, torch.Tensor]:
        return {"starts": self.starts, "low": self.low, "rows": self.rows}

    @property
    def keys(self) -> torch.Tensor:
        """int64 [n]. A pass over all items."""
        bucket = torch.repeat_interleave(self.starts.diff().long())
        return bucket << self.low_bits | (self.low.long() & self._mask)

    @cached_property
    def top_row(self) -> int:
        """The highest catalog row, -1 without items. A pass over all items, once."""
        return int(self.rows.max()) if len(self) else -1

    @property
    def bits(self) -> int:
        """Of a code."""
        return code_bits(self.size)

    def to(self, device: torch.device | str) -> PackedSids:
        moved = {name: array.to(device) for name, array in self.arrays.items()}
        return PackedSids(self.size, self.levels, self.low_bits, **moved)

    def pack(self, codes: torch.Tensor) -> torch.Tensor:
        """Codes [n, l] -> prefixes of l codes, int64 [n]; keys where l is all levels."""
        packed = torch.zeros(len(codes), dtype=torch.int64, device=codes.device)
        for level in range(codes.shape[1]):
            packed = packed << self.bits | codes[:, level]
        return packed

    def keys_at(self, places: torch.Tensor) -> torch.Tensor:
        """The keys at some places, int64."""
        bucket = torch.searchsorted(self.starts, places.to(torch.int32), right=True) - 1
        return bucket << self.low_bits | self._low_at(places)

    def ranges(self, prefixes: torch.Tensor, level: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Prefixes [n] of `level` codes -> where their tuples begin and end, int64 [n] each."""
        start, end = self._begin(torch.stack([prefixes, prefixes + 1]), self.bits * (self.levels - level))
        return start, end

    def allowed(self, prefixes: torch.Tensor, level: int) -> torch.Tensor:
        """Prefixes [n] of `level` codes -> bool [n, K]: which codes continue each of them to a tuple."""
        if level == 0:
            return self._first_codes.expand(len(prefixes), -1)
        rest = self.bits * (self.levels - level - 1)
        if rest >= self.low_bits:
            return self._children(prefixes, rest)
        # On a GPU, knowing how many there are to list would mean waiting for it.
        if prefixes.device.type == "cpu" and rest + self.bits <= self.low_bits:
            bucket = prefixes >> (self.low_bits - rest - self.bits)
            start, end = self.starts[bucket].long(), self.starts[bucket + 1].long()
            if int((end - start).sum()) <= len(prefixes) * LISTED:
                return self._listed_children(prefixes, rest, start, end)
        return self._children(prefixes, rest)

    def kept(self, places: torch.Tensor) -> PackedSids:
        """The items at some ascending places only, int64 [m]. Nothing is sorted again."""
        starts = torch.searchsorted(places.int(), self.starts, out_int32=True)
        return PackedSids(self.size, self.levels, self.low_bits, starts, self.low[places], self.rows[places])

    def problem(self) -> str | None:
        """What is wrong with arrays that were read from a file, in words, or None. Not a pass over the items."""
        n, kinds = len(self.rows), (self.starts.dtype, self.low.dtype, self.rows.dtype)
        buckets = 1 << max(0, self.bits * self.levels - self.low_bits)
        if kinds != (torch.int32, _low_type(self.low_bits), torch.int32):
            return f"the arrays are of the types {kinds}"
        if self.low.shape != (n,) or self.starts.shape != (buckets + 1,):
            return f"{n} rows, but {len(self.low)} keys in {len(self.starts) - 1} buckets, expected {buckets}"
        if int(self.starts[0]) != 0 or int(self.starts[-1]) != n or bool((self.starts.diff() < 0).any()):
            return "the buckets are not in order"
        return None

    def _low_at(self, places: torch.Tensor) -> torch.Tensor:
        return self.low[places].long() & self._mask

    @property
    def _mask(self) -> int:
        return (1 << self.low_bits) - 1

    def _begin(self, prefixes: torch.Tensor, rest: int) -> torch.Tensor:
        """How many keys are smaller than any with these prefixes, which may be one more than the largest there can be.

        rest: how many bits of a key come after such a prefix.
        """
        keys = prefixes << rest
        bucket = keys >> self.low_bits
        start = self.starts[bucket].long()
        if rest >= self.low_bits or not len(self):
            return start
        last, wanted = len(self) - 1, keys & self._mask
        # The end of everything begins a bucket that is not there.
        end = self.starts[(bucket + 1).clamp(max=len(self.starts) - 1)].long()
        for _ in range(self._steps):
            middle = (start + end) >> 1
            less = (self._low_at(middle.clamp(max=last)) < wanted) & (start < end)
            start, end = torch.where(less, middle + 1, start), torch.where(less, end, middle)
        return start

    @cached_property
    def _steps(self) -> int:
        """Of a search in the fullest bucket."""
        return int(self.starts.diff().max()).bit_length()

    @cached_property
    def _first_codes(self) -> torch.Tensor:
        root = torch.zeros(1, dtype=torch.int64, device=self.starts.device)
        return self._children(root, self.bits * (self.levels - 1))

    def _listed_children(
        self, prefixes: torch.Tensor, rest: int, start: torch.Tensor, end: torch.Tensor
    ) -> torch.Tensor:
        """bool [n, K], from all items of each prefix's bucket: a few passes over them instead of a search in steps."""
        places, who = listed(start, end)
        low = self._low_at(places)
        mine = low >> (rest + self.bits) == (prefixes & (self._mask >> (rest + self.bits)))[who]
        allowed = torch.zeros((len(prefixes), self.size + 1), dtype=torch.bool)  # the last column: of other prefixes
        allowed[who, torch.where(mine, low >> rest & ((1 << self.bits) - 1), self.size)] = True
        return allowed[:, : self.size]

    def _children(self, prefixes: torch.Tensor, rest: int) -> torch.Tensor:
        """bool [n, K]: whether anything lies between where each child begins and where the next one does."""
        codes = torch.arange(self.size + 1, device=prefixes.device)
        places = self._begin((prefixes << self.bits)[:, None] + codes, rest)
        return places[:, 1:] > places[:, :-1]


def _low_type(low_bits: int) -> torch.dtype:
    return torch.int16 if low_bits <= 16 else torch.int32 if low_bits <= 32 else torch.int64


def _low_bits(n: int, bits: int, levels: int) -> int:
    """How many bits of a key to keep for each item.

    The fewer, the shorter the searches, as long as the table of buckets stays below a byte an item. Cut between codes,
    so that an item's bits hold whole codes; only keys that are long for so few items are cut within one.
    """
    most = max(n, SMALL) // 4
    for rest in range(bits, bits * levels + 1, bits):
        if rest <= 32 and 1 << (bits * levels - rest) <= most:
            return rest
    return 32 if 1 << max(bits * levels - 32, 0) <= most else bits * levels
