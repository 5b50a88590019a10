"""HR@K and NDCG@K, per item over the whole catalog, for cases with one right item or several, with bootstrap intervals.

HR@K asks whether any right item is among the first K. NDCG@K weighs each by its place, and divides by what a list with
nothing but right items would have: with one right item that is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def hits(ranked: Sequence[np.ndarray], relevant: Sequence[np.ndarray], k: int) -> np.ndarray:
    """bool[n, k]: whether the item at a place of a case's ranked list (distinct catalog rows) is a right one.

    Raises InvalidRequestError where the two differ in length, or a case has no right item.
    """
    if len(ranked) != len(relevant):
        raise InvalidRequestError(f"{len(ranked)} ranked lists for {len(relevant)} cases, expected one each")
    if not all(map(len, relevant)):
        raise InvalidRequestError("a case without a right item has no gain: leave it out")
    tops = [np.asarray(rows, dtype=np.int64)[:k] for rows in ranked]
    case, rows = _pairs(tops)
    right_case, right = _pairs(relevant)
    stride = 1 + max(rows.max(initial=0), right.max(initial=0))
    lengths = np.array([len(top) for top in tops], dtype=np.int64)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    found = np.zeros((len(ranked), k), dtype=bool)
    found[case, place] = np.isin(case * stride + rows, right_case * stride + right)
    return found


def hit_gain(found: np.ndarray, k: int) -> np.ndarray:
    """float64[n]: 1 where a right item is among the first `k`. found: as `hits` makes it."""
    return np.asarray(found[:, :k].any(axis=1), dtype=np.float64)


def ndcg_gain(found: np.ndarray, right: np.ndarray, k: int) -> np.ndarray:
    """float64[n]: the sum of 1 / log2(place + 2) over the right items among the first `k`, over the largest it can be.

    found: as `hits` makes it; right: int64[n], how many right items each case has.
    """
    discounts = 1 / np.log2(np.arange(k) + 2.0)
    gained = np.where(found[:, :k], discounts[: found.shape[1]], 0.0).sum(axis=1)
    return np.asarray(gained / np.cumsum(discounts)[np.minimum(right, k) - 1])


def bootstrap(gains: np.ndarray, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """The mean of float64[n] and its 95% percentile interval over resamples of the cases. NaN for no cases.

    Drawing cases with replacement is drawing counts of their distinct gains from a multinomial: exact, and no slower
    for a million cases with one right item than for a hundred.
    """
    if not len(gains):
        return Estimate(float("nan"), float("nan"), float("nan"))
    distinct, counts = np.unique(gains, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(gains), counts / len(gains), size=resamples)
    low, high = np.quantile(drawn @ distinct / len(gains), [0.025, 0.975])
    return Estimate(float(counts @ distinct / len(gains)), float(low), float(high))


def _pairs(lists: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(int64[m]: the place of its list, int64[m]: the entry) for every entry of some lists."""
    owner = np.repeat(np.arange(len(lists)), [len(entries) for entries in lists])
    return owner, np.concatenate([np.empty(0, dtype=np.int64), *lists]).astype(np.int64)
