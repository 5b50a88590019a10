"""Siblings in order: items of one parent share a prefix of their own, and the last code counts them by release.

The codes before the last say what the parent is about, and no other parent has the same. "The next episode of this
show" is then one and the same step in every show, which a model learns once and not show by show; and what the
listener has heard of a show already takes nothing away from another one.
"""

from __future__ import annotations

import numpy as np

from neo.sids.quantize import ResidualKMeans
from neo.sids.table import pack_codes
from neo.sids.unique import make_unique


def family_vectors(vectors: np.ndarray, parents: np.ndarray, dates: np.ndarray, size: int) -> np.ndarray:
    """float32 [families, d]: the mean vector of each family, for learning codebooks from. See `in_order`."""
    family, _ = _places(parents, dates, size, {})
    return _means(vectors, np.unique(family, axis=0, return_inverse=True)[1])


def in_order(
    vectors: np.ndarray,
    parents: np.ndarray,
    dates: np.ndarray,
    quantizer: ResidualKMeans,
    popularity: np.ndarray,
    taken: tuple[np.ndarray, np.ndarray] | None = None,
    what: str = "item",
) -> np.ndarray:
    """uint16 [n, levels]: a prefix for each family, and under it the siblings counted from 0.

    A family is a parent's items in order of release, at most K of them: the K + 1st begins the next family. Families
    that would share a prefix are told apart as colliding items are (`make_unique`), the most popular keeping it.

    Args:
        vectors: float32 [n, d], what the items were embedded to; a family stands at their mean.
        parents: int [n], the catalog row of each item's parent.
        dates: [n], when each item came out; NaT (in front) where unknown, equals in the order given.
        quantizer: with a counter as its last level.
        popularity: [n], NaN where unknown.
        taken: codes [m, levels] and parents [m] of items that have SIDs: new siblings are counted on from theirs.
        what: the item type, for the error.

    Raises ConfigError where there are more families than prefixes.
    """
    size, codes = quantizer.codes, np.zeros((len(vectors), quantizer.levels), dtype=np.uint16)
    prefixes = quantizer.without_counter()
    used, unfinished = (None, {}) if taken is None else (taken[0][:, :-1], _unfinished(*taken, size))
    family, codes[:, -1] = _places(parents, dates, size, {parent: count for parent, (_, count) in unfinished.items()})
    distinct, member = np.unique(family, axis=0, return_inverse=True)
    chosen, new = np.zeros((len(distinct), prefixes.levels), dtype=np.uint16), np.ones(len(distinct), dtype=np.bool_)
    for at, (parent, nth) in enumerate(distinct.tolist()):
        if nth == 0 and parent in unfinished:
            chosen[at], new[at] = unfinished[parent][0], False
    if new.any():
        means = _means(vectors, member)[new]
        weight = np.bincount(member, np.nan_to_num(popularity), len(distinct))[new]
        chosen[new] = make_unique(prefixes.encode(means), means, prefixes, used, weight, f"{what} parent")
    codes[:, :-1] = chosen[member]
    return codes


def _places(
    parents: np.ndarray, dates: np.ndarray, size: int, begun: dict[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(int64 [n, 2], int64 [n]): each item's family, as its parent and the how-manieth of it, and its place there.

    begun: how many items the parent's unfinished family holds already.
    """
    known = ~np.isnat(dates)
    order = np.lexsort((np.where(known, dates.astype(np.int64), 0), known, parents))
    of_parent = parents[order]
    first = np.searchsorted(of_parent, of_parent)
    start = np.array([begun.get(parent, 0) for parent in of_parent.tolist()], dtype=np.int64)
    number = np.empty(len(parents), dtype=np.int64)
    number[order] = np.arange(len(order)) - first + start
    return np.column_stack((parents, number // size)), number % size


def _unfinished(codes: np.ndarray, parents: np.ndarray, size: int) -> dict[int, tuple[np.ndarray, int]]:
    """By parent: a prefix that is counted on, and the first free count under it. A prefix counted full is none."""
    keys = pack_codes(codes[:, :-1], size)
    order = np.lexsort((codes[:, -1], keys))
    last = np.flatnonzero(np.diff(keys[order], append=-1))
    highest = order[last]
    return {
        int(parents[at]): (codes[at, :-1], int(codes[at, -1]) + 1)
        for at in highest
        if parents[at] >= 0 and codes[at, -1] + 1 < size
    }


def _means(vectors: np.ndarray, member: np.ndarray) -> np.ndarray:
    """float32 [groups, d]: the mean of each group's vectors, at length 1."""
    member = member.ravel()
    total = np.zeros((int(member.max(initial=-1)) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(total, member, vectors)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), np.finfo(np.float32).tiny)
