"""Siblings in order: items of one parent share a prefix of their own, and the last code counts them by release.

The codes before the last say what the parent is about, and no other parent has the same. "The next episode of this
show" is then one and the same step in every show, which a model learns once and not show by show; and what the
listener has heard of a show takes nothing away from another one.

A family is what shares a prefix: the items of one owner in order of release, at most K of them; the K + 1st begins the
next family. An item's owner is its parent; one without a parent is its own.
"""

from __future__ import annotations

import numpy as np

from neo.catalog.catalog import Catalog
from neo.sids.quantize import CHUNK, ResidualKMeans, Vectors
from neo.sids.table import pack_codes
from neo.sids.unique import make_unique
from neo_sdk.errors import ConfigError


def owners(catalog: Catalog, rows: np.ndarray) -> np.ndarray:
    """int64 [n]: the catalog row of each item's parent; without one, a number below 0 that no other item has."""
    parents = catalog.parent_rows[rows].astype(np.int64)
    return np.where(parents >= 0, parents, -1 - np.asarray(rows, dtype=np.int64))


def family_vectors(vectors: Vectors, owner: np.ndarray, dates: np.ndarray, size: int) -> np.ndarray:
    """float32 [families, d]: the mean vector of each family, at length 1, for learning codebooks from."""
    family, _ = _places(owner, dates, size, {})
    return _means(vectors, _members(family)[1])


def as_quantized(vectors: Vectors, owner: np.ndarray, dates: np.ndarray, quantizer: ResidualKMeans) -> np.ndarray:
    """uint16 [n, levels]: the prefix nearest to each family, whoever else has it, and the count."""
    family, place = _places(owner, dates, quantizer.codes, {})
    member = _members(family)[1]
    prefixes = quantizer.without_counter().encode(_means(vectors, member))
    return np.column_stack((prefixes[member], place)).astype(np.uint16)


def in_order(
    vectors: Vectors,
    owner: np.ndarray,
    dates: np.ndarray,
    quantizer: ResidualKMeans,
    popularity: np.ndarray,
    taken: tuple[np.ndarray, np.ndarray] | None = None,
    what: str = "item",
) -> np.ndarray:
    """uint16 [n, levels]: a prefix for each family, and under it the siblings counted from 0.

    A prefix is the nearest to the mean of its family; families that would share one are told apart as colliding
    items are (`make_unique`), the most popular keeping it.

    Args:
        vectors: float32 [n, d], what the items were embedded to.
        owner: int64 [n], see `owners`.
        dates: [n], when each item came out; NaT (in front) where unknown, equals in the order given.
        quantizer: with a counter as its last level.
        popularity: [n], NaN where unknown.
        taken: codes [m, levels] and owners [m] of items that have SIDs: new siblings are counted on from theirs.
        what: the item type, for the error.

    Raises ConfigError where there are more families than prefixes.
    """
    size, prefixes = quantizer.codes, quantizer.without_counter()
    used, unfinished = (None, {}) if taken is None else (taken[0][:, :-1], _unfinished(*taken, size))
    family, place = _places(owner, dates, size, {whose: count for whose, (_, count) in unfinished.items()})
    distinct, member = _members(family)
    chosen, new = np.zeros((len(distinct), prefixes.levels), dtype=np.uint16), np.ones(len(distinct), dtype=np.bool_)
    for at, (whose, nth) in enumerate(distinct.tolist()):
        if nth == 0 and whose in unfinished:
            chosen[at], new[at] = unfinished[whose][0], False
    if new.any():
        _check_room(int(new.sum()), used, prefixes, what)
        means = _means(vectors, member)[new]
        weight = np.bincount(member, np.nan_to_num(popularity), len(distinct))[new]
        chosen[new] = make_unique(prefixes.encode(means), means, prefixes, used, weight, what)
    return np.column_stack((chosen[member], place)).astype(np.uint16)


def _check_room(families: int, used: np.ndarray | None, prefixes: ResidualKMeans, what: str) -> None:
    wanted = families + (0 if used is None else len(np.unique(pack_codes(used, prefixes.codes))))
    room = prefixes.codes**prefixes.levels
    if wanted > room:
        raise ConfigError(
            f"`siblings: release` gives each parent of {what}s a prefix for every {prefixes.codes} of them: {wanted} "
            f"are needed, and {prefixes.levels} levels of {prefixes.codes} codes have {room}. Raise sids.levels, or "
            f"sids.codes for {what}."
        )


def _places(owner: np.ndarray, dates: np.ndarray, size: int, begun: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(int64 [n, 2], int64 [n]): each item's family, as its owner and the how-manieth of theirs, and its place in it.

    begun: how many items the owner's unfinished family holds already.
    """
    known = ~np.isnat(dates)
    order = np.lexsort((np.where(known, dates.astype(np.int64), 0), known, owner))
    grouped = owner[order]
    start = np.array([begun.get(whose, 0) for whose in grouped.tolist()], dtype=np.int64)
    number = np.empty(len(owner), dtype=np.int64)
    number[order] = np.arange(len(order)) - np.searchsorted(grouped, grouped) + start
    return np.column_stack((owner, number // size)), number % size


def _members(family: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different families [m, 2], and of which of them each item [n] is."""
    distinct, member = np.unique(family, axis=0, return_inverse=True)
    return distinct, member.ravel()  # numpy 2.0 returned a column


def _unfinished(codes: np.ndarray, owner: np.ndarray, size: int) -> dict[int, tuple[np.ndarray, int]]:
    """By owner: a prefix that is counted on, and the first free count under it. A prefix counted full is none."""
    keys = pack_codes(codes[:, :-1], size)
    order = np.lexsort((codes[:, -1], keys))
    highest = order[np.flatnonzero(np.diff(keys[order], append=-1))]
    return {int(owner[at]): (codes[at, :-1], int(codes[at, -1]) + 1) for at in highest if codes[at, -1] + 1 < size}


def _means(vectors: Vectors, member: np.ndarray) -> np.ndarray:
    """float32 [groups, d]: the mean of each group's vectors, at length 1."""
    total = np.zeros((int(member.max(initial=-1)) + 1, vectors[:0].shape[1]), dtype=np.float32)
    for start in range(0, len(member), CHUNK):  # one after another, so the sums are those of all at once
        np.add.at(total, member[start : start + CHUNK], vectors[start : start + CHUNK])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), np.finfo(np.float32).tiny)
