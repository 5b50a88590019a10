"""Which items are alike because the same listeners met them close together.

Item-CF ranks by it, collaborative SIDs are made from it, and the graph network has it for links.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from neo.catalog.activity import Events

WINDOW = 20  # the span, in events, within which a pair counts


def item_similarity(events: Events, n_items: int, tail: int | None = WINDOW) -> sparse.csr_array:
    """float32[n_items, n_items]: co-occurrence in the last `tail` events of listeners, over popularity.

    A pair at distance d below 20 (1 for neighbors) adds 1 / log2(2 + d) in both directions; the sum is
    divided by sqrt((pop_i + 1) (pop_j + 1)), pop being the number of events. The + 1 keeps items met once
    from standing first everywhere.
    """
    ends = np.repeat(events.offsets[1:], np.diff(events.offsets))
    kept = ends - np.arange(len(events)) <= (len(events) if tail is None else tail)
    item, listener = events.item[kept].astype(np.int64), events.listener[kept]
    pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for distance in range(1, WINDOW):
        together = (listener[distance:] == listener[:-distance]) & (item[distance:] != item[:-distance])
        weight = np.full(int(together.sum()), 1 / np.log2(2 + distance), dtype=np.float32)
        pairs.append((item[:-distance][together], item[distance:][together], weight))
    first, second, weights = (np.concatenate(column) for column in zip(*pairs, strict=True))
    total = sparse.coo_array((weights, (first, second)), shape=(n_items, n_items)).tocsr()
    popularity = np.bincount(events.item, minlength=n_items)
    scale = sparse.diags_array((1 / np.sqrt(popularity + 1.0)).astype(np.float32))
    return (scale @ (total + total.T) @ scale).tocsr()
