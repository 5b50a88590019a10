"""HR@K and NDCG@K, per item over the whole catalog, for cases with one right item, with bootstrap intervals.

A case is summed up by its place: where in the ranked list the right item stands, 0 for first, -1 for absent.
All that follows is arithmetic on places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neo_sdk.errors import InvalidRequestError

RESAMPLES = 1000


@dataclass(frozen=True)
class Estimate:
    """A mean over cases, and the interval that holds 95% of its bootstrap resamples."""

    value: float
    low: float
    high: float


def places(ranked: Sequence[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """int64[n]: the place of each target in its ranked list of catalog rows, -1 if it is not there."""
    if len(ranked) != len(targets):
        raise InvalidRequestError(f"{len(ranked)} ranked lists for {len(targets)} targets, expected one each")
    found = np.full(len(targets), -1, dtype=np.int64)
    for i, (rows, target) in enumerate(zip(ranked, targets, strict=True)):
        hits = np.flatnonzero(np.asarray(rows) == target)
        if len(hits):
            found[i] = hits[0]
    return found


def hit_gain(place: np.ndarray, k: int) -> np.ndarray:
    """float64, like `place`: 1 where the target is among the first `k`."""
    return ((place >= 0) & (place < k)).astype(np.float64)


def ndcg_gain(place: np.ndarray, k: int) -> np.ndarray:
    """float64, like `place`: 1 / log2(place + 2) among the first `k`; with one right item the ideal is 1."""
    return hit_gain(place, k) / np.log2(np.maximum(place, 0) + 2.0)


def hit_rate(found: np.ndarray, k: int) -> float:
    """HR@k, the same as Recall@k where each case has one right item. NaN for no cases."""
    return _mean(hit_gain(found, k))


def ndcg(found: np.ndarray, k: int) -> float:
    """NDCG@k. NaN for no cases."""
    return _mean(ndcg_gain(found, k))


def bootstrap(
    found: np.ndarray,
    gain: Callable[[np.ndarray, int], np.ndarray],
    k: int,
    seed: int,
    resamples: int = RESAMPLES,
) -> Estimate:
    """The mean gain and its 95% percentile interval over resamples of the cases. NaN for no cases.

    Cases that share a place share a gain, so that drawing cases with replacement is drawing counts of places
    from a multinomial: exact, and no slower for a million cases than for a hundred.
    """
    if not len(found):
        return Estimate(float("nan"), float("nan"), float("nan"))
    distinct, counts = np.unique(np.where(found < k, found, -1), return_counts=True)
    gains = gain(distinct, k)
    drawn = np.random.default_rng(seed).multinomial(len(found), counts / len(found), size=resamples)
    low, high = np.quantile(drawn @ gains / len(found), [0.025, 0.975])
    return Estimate(float(counts @ gains / len(found)), float(low), float(high))


def _mean(gains: np.ndarray) -> float:
    return float(gains.mean()) if len(gains) else float("nan")
