"""What an answer is worth: terms between 0 and 1 that are read off the catalog and the facts, and their weights."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from pydantic import Field

from neo.catalog.strict import Strict
from neo.evaluation.fact_check import Checked
from neo.sids.table import SidTable

CLAIMS = 3  # that hold, and none that does not: an explanation has said enough


class Rewards(Strict):
    """Weights of the terms: of a list, `hit + unfamiliar + diversity`; of an explanation, `truth`."""

    hit: float = Field(1.0, ge=0, description="of an item: whether it was met next; of a list: NDCG@10 of that")
    unfamiliar: float = Field(0.1, ge=0, description="the share of items that belong to nothing the listener ever met")
    diversity: float = Field(0.1, ge=0, description="how few codes items share with one another from the first one on")
    truth: float = Field(1.0, ge=0, description="claims that hold less those that do not, as a share of the claims")

    def of_list(self, terms: Sequence[float]) -> float:
        """terms: hit, unfamiliar and diversity."""
        return float(np.dot((self.hit, self.unfamiliar, self.diversity), terms))


def truth(checked: Checked) -> float:
    """0 to 1. Saying nothing is worth nothing, and so is what is as often false as true."""
    held, failed = checked.count("supported"), checked.count("contradicted")
    return max(0, held - failed) / max(held + failed, CLAIMS)


def unfamiliar(items: np.ndarray, history: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """bool[n]: which catalog rows belong to nothing that is in the history. parents: of all rows, -1 for none."""
    return ~np.isin(_wholes(items, parents), _wholes(history, parents))


def likeness(items: np.ndarray, table: SidTable) -> np.ndarray:
    """float64[n, n]: for items of one type the share of their codes that are equal from the first one on."""
    codes = table.codes_of_rows(items)
    return (codes[:, None] == codes[None]).cumprod(axis=2).mean(axis=2)


def list_terms(
    items: np.ndarray, met: Collection[int], history: np.ndarray, parents: np.ndarray, table: SidTable, k: int = 10
) -> tuple[float, float, float]:
    """hit, unfamiliar and diversity of a ranked list's first k. met: what the listener met next."""
    items = items[:k]
    if not len(items):
        return 0.0, 0.0, 0.0
    found = np.isin(items, list(met))
    ideal = (1 / np.log2(np.arange(min(len(met), k)) + 2.0)).sum()
    gained = float((found / np.log2(np.arange(len(items)) + 2.0)).sum() / ideal) if len(met) else 0.0
    pairs = len(items) * (len(items) - 1)
    alike = (likeness(items, table).sum() - len(items)) / pairs if pairs else 0.0
    return gained, float(unfamiliar(items, history, parents).mean()), 1 - float(alike)


def place_rewards(
    items: np.ndarray,
    met: Collection[int],
    history: np.ndarray,
    parents: np.ndarray,
    table: SidTable,
    weights: Rewards,
    k: int = 10,
) -> np.ndarray:
    """float64[n]: what each of a ranked list's first k items adds to what the list before it was worth.

    Together they are `weights.of_list(list_terms(...))`; of diversity, the first item has what a list without
    likenesses would have, and each later one loses what it is like those before it.
    """
    items = items[:k]
    count = len(items)
    if not count:
        return np.zeros(0)
    discounts = 1 / np.log2(np.arange(max(count, k)) + 2.0)
    hit = np.isin(items, list(met)) * discounts[:count] / discounts[: min(len(met), k)].sum() if len(met) else 0.0
    lost = 2 * np.tril(likeness(items, table), -1).sum(axis=1) / max(count * (count - 1), 1)
    diverse = (np.arange(count) == 0) - lost
    return (
        weights.hit * hit
        + weights.unfamiliar * unfamiliar(items, history, parents) / count
        + weights.diversity * diverse
    )


def item_rewards(
    items: np.ndarray,
    met: Collection[int],
    history: np.ndarray,
    parents: np.ndarray,
    table: SidTable,
    weights: Rewards,
) -> np.ndarray:
    """float64[n]: what each item of a group is worth beside the others."""
    others = max(len(items) - 1, 1)
    different = 1 - (likeness(items, table).sum(axis=1) - 1) / others
    new = unfamiliar(items, history, parents)
    return weights.hit * np.isin(items, list(met)) + weights.unfamiliar * new + weights.diversity * different


def _wholes(items: np.ndarray, parents: np.ndarray) -> np.ndarray:
    items = np.asarray(items, dtype=np.int64)
    return np.where(parents[items] < 0, items, parents[items])
