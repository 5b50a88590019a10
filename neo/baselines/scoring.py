"""What the baselines share: a history as a row of weights, and from scores to a ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from neo.baselines.popularity import fill_up
from neo_sdk.errors import InvalidRequestError

BATCH = 512  # histories at a time


def check_k(k: int) -> None:
    """Raises InvalidRequestError for a `k` that asks for nothing."""
    if k < 1:
        raise InvalidRequestError(f"k is {k}, expected 1 or more")


def history_weights(
    histories: Sequence[np.ndarray], n_items: int, window: int | None = None, decay: float = 1.0
) -> sparse.csr_array:
    """float32[len(histories), n_items]: `decay` to the power of the steps back to an item, summed where it came back.

    Only the last `window` items of a history count (None: all of them).
    """
    tails = [np.asarray(history if window is None else history[-window:], dtype=np.int64) for history in histories]
    lengths = np.array([len(tail) for tail in tails], dtype=np.int64)
    owner = np.repeat(np.arange(len(tails)), lengths)
    back = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(owner))
    weights = (decay**back).astype(np.float32)
    items = np.concatenate([np.empty(0, dtype=np.int64), *tails])
    return sparse.coo_array((weights, (owner, items)), shape=(len(tails), n_items)).tocsr()


def rank_scores(
    scores: sparse.csr_array | np.ndarray, order: np.ndarray, histories: Sequence[np.ndarray], k: int
) -> list[np.ndarray]:
    """For each history at most `k` catalog rows (int64), best first, none of the history.

    `scores`: [len(histories), len(order)], a column for each row of `order`; what a sparse one does not hold
    is not ranked. Equals go by `order`, which also fills up where too few are ranked.
    """
    ranked, every = [], np.arange(len(order))
    for i, history in enumerate(histories):
        if isinstance(scores, np.ndarray):
            places, values = every, scores[i]
        else:
            span = slice(scores.indptr[i], scores.indptr[i + 1])
            places, values = scores.indices[span], scores.data[span]
        unmet = ~np.isin(order[places], history)
        best = best_places(places[unmet], values[unmet], k)
        ranked.append(fill_up(order[best], order, history, k))
    return ranked


def best_places(places: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """The `k` places with the highest scores, best first; equals by place."""
    if len(places) > 4 * k:
        near = scores >= np.partition(scores, -k)[-k]
        places, scores = places[near], scores[near]
    return places[np.lexsort((places, -scores))[:k]]
