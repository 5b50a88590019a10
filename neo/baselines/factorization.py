"""Matrix factorization for implicit feedback: Hu, Koren and Volinsky, ICDM 2008, by alternating least squares.

A listener met an item r times: the preference for it is 1 (0 for r = 0), believed with confidence 1 + alpha r.
Listeners and items get vectors whose products are the preferences, by least squares weighted with the
confidences. With one side fixed, the other is solved exactly. A vector is held small in proportion to the
confidences it answers for, as Rendle, Krichene, Zhang and Koren (RecSys 2022) found to matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from neo.baselines.popularity import Popularity
from neo.baselines.scoring import BATCH, check_k, history_weights, rank_scores
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.sids.quantize import one_thread

# On the starter world's validation week, HR@10 of shows, episodes and audiobooks: .278, .295, .280, fitted in 13 s
# on one core. Tried: 32 to 192 factors (fewer lose the episodes: .16 at 32), 4 to 10 rounds (8 are no better than
# 4), alpha .3 to 30, penalties .001 to .03 (less is better for episodes, more for shows), and one penalty for all
# vectors as in the first paper (128 factors: .259, .304, .257 at best).
FACTORS = 128
ROUNDS = 4
ALPHA = 20.0
PENALTY = 0.012


class Factorization:
    """A vector an item of any type; a history becomes a listener's vector when it is asked for."""

    name = "matrix factorization"

    def __init__(self, items: np.ndarray, fallback: Popularity, alpha: float = ALPHA, penalty: float = PENALTY) -> None:
        """`items`: float32[n, factors], learned with this `alpha` and `penalty`."""
        self.items, self.fallback, self.alpha, self.penalty = items, fallback, alpha, penalty

    @classmethod
    def fit(
        cls,
        events: Events,
        catalog: Catalog,
        fallback: Popularity,
        factors: int = FACTORS,
        rounds: int = ROUNDS,
        alpha: float = ALPHA,
        penalty: float = PENALTY,
        seed: int = 0,
    ) -> Factorization:
        """`fallback` orders equals. `seed` draws the vectors that the first of the `rounds` starts from; the result
        does not depend on the number of cores.
        """
        ones = np.ones(len(events), dtype=np.float32)
        pairs = (events.listener, events.item)
        counts = sparse.coo_array((ones, pairs), shape=(events.n_listeners, len(catalog))).tocsr()
        items = factorize(counts, factors, rounds, alpha, penalty, seed)
        return cls(items, fallback, alpha, penalty)

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows of any type, oldest first) at most `k` rows of the type, best first.

        The order within a history does not matter to this model, nor who the listener is: the vector is
        solved from the history, the same for a known listener and for a new one. Items of the history are left
        out, equals go by the fallback's order; for an empty history all are equal.
        """
        check_k(k)
        order = self.fallback.order(type_name)
        ranked: list[np.ndarray] = []
        with one_thread():
            for start in range(0, len(histories), BATCH):
                batch = histories[start : start + BATCH]
                listeners = solve(history_weights(batch, len(self.items)), self.items, self.alpha, self.penalty)
                ranked += rank_scores(listeners @ self.items[order].T, order, batch, k)
        return ranked


def factorize(
    counts: sparse.csr_array, factors: int, rounds: int, alpha: float, penalty: float, seed: int
) -> np.ndarray:
    """float32[n, factors] for the columns of `counts` (float32[listeners, n]), after `rounds` of both sides."""
    by_item = counts.T.tocsr()
    items = np.random.default_rng(seed).normal(0, 1 / np.sqrt(factors), (counts.shape[1], factors)).astype(np.float32)
    with one_thread():
        for _ in range(rounds):
            listeners = solve(counts, items, alpha, penalty)
            items = solve(by_item, listeners, alpha, penalty)
    return items


def solve(counts: sparse.csr_array, fixed: np.ndarray, alpha: float, penalty: float) -> np.ndarray:
    """float32[m, f]: for each row of `counts` (float32[m, n]) the vector that fits `fixed` (float32[n, f]) best.

    That is x = (F'F + F' alpha R F + lambda I)^-1 F' (1 + alpha R) p, R being the row's counts on a diagonal,
    p 1 where they are above 0, and lambda the penalty times the row's confidences, n + alpha sum(R). A row
    without counts gets zeros.
    """
    factors = fixed.shape[1]
    solved = np.zeros((counts.shape[0], factors), dtype=np.float32)
    if not counts.nnz:  # perhaps there is nobody at all, and no equation to solve
        return solved
    common, diagonal = fixed.T @ fixed, np.arange(factors)
    penalties = penalty * (len(fixed) + alpha * np.asarray(counts.sum(axis=1), dtype=np.float32))
    for start in range(0, len(solved), BATCH):
        rows = range(start, min(start + BATCH, len(solved)))
        left = np.repeat(common[None], len(rows), axis=0)
        left[:, diagonal, diagonal] += penalties[start : rows.stop, None]
        right = np.zeros((len(rows), factors), dtype=np.float32)
        for i, row in enumerate(rows):
            span = slice(counts.indptr[row], counts.indptr[row + 1])
            met, extra = fixed[counts.indices[span]], alpha * counts.data[span]
            left[i] += (met.T * extra) @ met
            right[i] = (1 + extra) @ met
        solved[start : rows.stop] = np.linalg.solve(left, right[..., None])[..., 0]
    return solved
