"""Unique codes: an item that collides moves to its best free tuple, so that every item can be reached.

The most popular item of a tuple keeps it. The others are served by popularity, in two passes:
1. siblings: the nearest free last-level code under the item's own prefix;
2. where the prefix is full: the deepest shorter prefix that has room, and under it the free tuple with the
   least quantization error that a beam of 8 finds.
Nobody who is already placed ever moves for a newcomer.
"""

from __future__ import annotations

import numpy as np

from neo.sids.quantize import CHUNK, ResidualKMeans, Vectors, one_thread
from neo.sids.table import by_popularity, pack_codes
from neo_sdk.errors import ConfigError

BEAMS = 8


def make_unique(
    codes: np.ndarray,
    vectors: Vectors,
    quantizer: ResidualKMeans,
    taken: np.ndarray | None = None,
    popularity: np.ndarray | None = None,
    what: str = "item",
) -> np.ndarray:
    """uint16 [n, levels]: `codes` with every tuple different, also from the `taken` ones [m, levels].

    vectors: float32 [n, d], what the codes were made of. popularity: [n], NaN where unknown. what: the item
    type, for the error. Deterministic. Raises ConfigError when there are more items than tuples.
    """
    size, levels = quantizer.codes, quantizer.levels
    keys, rank = pack_codes(codes, size), np.empty(len(codes), dtype=np.int64)
    order = by_popularity(len(codes), popularity)
    rank[order] = np.arange(len(codes))
    occupied = np.unique(pack_codes(taken, size)) if taken is not None else np.zeros(0, dtype=np.int64)
    if len(occupied) + len(codes) > size**levels:
        raise ConfigError(
            f"{len(occupied) + len(codes)} {what}s do not fit into {levels} levels of {size} codes "
            f"({size**levels} tuples): raise sids.levels or sids.codes for {what}"
        )
    keeps = np.zeros(len(codes), dtype=np.bool_)
    keeps[order[np.unique(keys[order], return_index=True)[1]]] = True
    keeps &= ~np.isin(keys, occupied)
    occupied = np.union1d(occupied, keys[keeps])
    with one_thread():
        left = _move_to_siblings(keys, np.flatnonzero(~keeps), rank, codes, vectors, quantizer, occupied)
        if len(left):
            kept = np.setdiff1d(np.arange(len(codes)), left)
            occupied = np.union1d(occupied, keys[kept])
            _move_away(keys, left[np.argsort(rank[left])], codes, vectors, quantizer, occupied)
    return _unpack(keys, size, levels)


def _move_to_siblings(
    keys: np.ndarray,
    losers: np.ndarray,
    rank: np.ndarray,
    codes: np.ndarray,
    vectors: Vectors,
    quantizer: ResidualKMeans,
    occupied: np.ndarray,
) -> np.ndarray:
    """Write the new key of every loser whose prefix has room; return the losers whose prefix is full."""
    size, last = quantizer.codes, quantizer.levels - 1
    prefixes = keys // size
    losers = losers[np.lexsort((rank[losers], prefixes[losers]))]
    left: list[int] = []
    prefix, free = -1, np.zeros(size, dtype=np.bool_)
    for start in range(0, len(losers), CHUNK):
        chunk = losers[start : start + CHUNK]
        residuals = quantizer.residuals(vectors[chunk], codes[chunk, :last])
        for item, nearest in zip(chunk, quantizer.rank_codes(residuals, last), strict=True):
            if prefixes[item] != prefix:
                prefix = int(prefixes[item])
                free = ~_full_children(occupied, prefix, size, 1)
            choice = int(nearest[np.argmax(free[nearest])])
            if free[choice]:
                free[choice] = False
                keys[item] = prefix * size + choice
            else:
                left.append(int(item))
    return np.asarray(left, dtype=np.int64)


def _move_away(
    keys: np.ndarray,
    items: np.ndarray,
    codes: np.ndarray,
    vectors: Vectors,
    quantizer: ResidualKMeans,
    occupied: np.ndarray,
) -> None:
    """Write the new keys of items (the most popular first) whose prefix is full."""
    rooms = _Rooms(occupied, quantizer.codes, quantizer.levels)
    for item in items:
        own = codes[item : item + 1]
        for depth in range(quantizer.levels - 2, -1, -1):
            prefix = int(pack_codes(own[:, :depth], quantizer.codes)[0])
            if not rooms.full(prefix, depth).all():
                break
        residual = quantizer.residuals(vectors[item : item + 1], own[:, :depth])
        keys[item] = _best_free(residual, prefix, depth, quantizer, rooms)
        rooms.take(int(keys[item]))


def _best_free(residual: np.ndarray, prefix: int, depth: int, quantizer: ResidualKMeans, rooms: _Rooms) -> int:
    """The packed free tuple under a prefix that has room, with the least error among those the beam meets."""
    prefixes = np.asarray([prefix], dtype=np.int64)
    for level in range(depth, quantizer.levels):
        cost = quantizer.distances(residual, level)
        full = np.stack([rooms.full(key, level) for key in prefixes.tolist()])
        cost[full] = np.inf
        room = full.size - np.count_nonzero(full)
        beam, code = np.divmod(cost.ravel().argsort(kind="stable")[: min(BEAMS, room)], quantizer.codes)
        prefixes = prefixes[beam] * quantizer.codes + code
        residual = residual[beam] - quantizer.codebooks[level, code]
    return int(prefixes[0])


class _Rooms:
    """Which parts of the code tree are full. Looks at a prefix only when asked about it."""

    def __init__(self, occupied: np.ndarray, size: int, levels: int) -> None:
        self.occupied, self.size, self.levels = occupied, size, levels
        self.known: dict[tuple[int, int], np.ndarray] = {}

    def full(self, prefix: int, depth: int) -> np.ndarray:
        """bool [K], live: which children of a packed prefix of `depth` codes have no free tuple left."""
        if (depth, prefix) not in self.known:
            below = self.size ** (self.levels - depth - 1)
            self.known[depth, prefix] = _full_children(self.occupied, prefix, self.size, below)
        return self.known[depth, prefix]

    def take(self, key: int) -> None:
        """Occupy a tuple; a prefix that this fills up is marked in its parent."""
        for depth in range(self.levels - 1, -1, -1):
            key, code = divmod(key, self.size)
            children = self.full(key, depth)
            children[code] = True
            if not children.all():
                return


def _full_children(occupied: np.ndarray, prefix: int, size: int, below: int) -> np.ndarray:
    """bool [K]: which children of the prefix hold all `below` tuples that they can, by the sorted keys."""
    edges = (prefix * size + np.arange(size + 1, dtype=np.int64)) * below
    return np.diff(np.searchsorted(occupied, edges)) == below


def _unpack(keys: np.ndarray, size: int, levels: int) -> np.ndarray:
    codes = np.empty((len(keys), levels), dtype=np.uint16)
    for level in range(levels - 1, -1, -1):
        keys, codes[:, level] = np.divmod(keys, size)
    return codes
