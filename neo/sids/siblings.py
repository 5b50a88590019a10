"""Siblings in order: under one prefix, the last code of items with a parent counts them by release.

The codes before the last say what an item is about. What the last one says is free, since it only tells items
apart that the others do not (a counter in TIGER, arXiv 2305.05065). Counting in order of release makes "the next
episode of this show" one and the same step in every show, which a model learns once and not show by show.
"""

from __future__ import annotations

import numpy as np

from neo.sids.table import pack_codes


def in_order(
    codes: np.ndarray, parents: np.ndarray, dates: np.ndarray, size: int, taken: np.ndarray | None = None
) -> np.ndarray:
    """uint16 [n, levels]: `codes` with the last level counted from 0 under each prefix, parent by parent.

    Args:
        parents: int [n], the catalog row of each item's parent.
        dates: [n], when each item came out; NaT (in front) where unknown, equals in the order given.
        size: K. Where more than K items share a prefix, those beyond it all get the last code and stay to be
            made unique.
        taken: [m, levels], codes that are in use: new items are counted on from there.
    """
    prefixes = pack_codes(codes[:, :-1], size)
    known = ~np.isnat(dates)
    order = np.lexsort((np.where(known, dates.astype(np.int64), 0), known, parents, prefixes))
    grouped = prefixes[order]
    first = np.r_[True, grouped[1:] != grouped[:-1]] if len(order) else np.zeros(0, dtype=np.bool_)
    number = np.arange(len(order)) - np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    if taken is not None and len(taken):
        number += _in_use(grouped, pack_codes(taken[:, :-1], size), taken[:, -1])
    counted = codes.copy()
    counted[order, -1] = np.minimum(number, size - 1)
    return counted


def _in_use(prefixes: np.ndarray, taken: np.ndarray, last: np.ndarray) -> np.ndarray:
    """int64 [n]: for each prefix one more than the highest last code that is taken under it, 0 if none is."""
    distinct, where = np.unique(taken, return_inverse=True)
    highest = np.zeros(len(distinct), dtype=np.int64)
    np.maximum.at(highest, where, last.astype(np.int64) + 1)
    place = np.minimum(np.searchsorted(distinct, prefixes), len(distinct) - 1)
    return np.where(distinct[place] == prefixes, highest[place], 0)
