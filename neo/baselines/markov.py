"""First-order Markov: what comes next depends on where the listener is now, and on nothing before.

A listener is in a place for each type: the last show, the last episode and the last audiobook met. Measured on
the starter world's validation week (HR@10 of shows, episodes, audiobooks): the last item alone, of any type,
and what directly followed it .140, .181, .114; the same to the next item of the type wanted .183, .186, .158;
from the last item of that type alone .222, .197, .244; from the last of each type, as here, .229, .249, .272.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from neo.baselines.popularity import Popularity
from neo.baselines.scoring import BATCH, check_k, rank_scores
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog

# What the last item of a type other than the one wanted counts (0, .1, .25, .5 and 1 were tried), and how many
# unseen steps each item has led elsewhere, so that a single step is no certainty (0 and 10 were tried).
OTHERS = 0.5
ELSEWHERE = 10


class Markov:
    """For each type a chain from every item to the next new item of that type."""

    name = "Markov"

    def __init__(self, transitions: dict[str, sparse.csr_array], types: np.ndarray, fallback: Popularity) -> None:
        """`transitions`: by type float32[n, n], how often an item (row) was followed by one of the type (column).

        `types`: int8[n], each item's type as its place in `fallback.type_names`.
        """
        self.types, self.fallback = types, fallback
        self._columns = {}  # in the fallback's order, as `rank_scores` wants them
        for name, counts in transitions.items():
            share = sparse.diags_array((1 / (counts.sum(axis=1) + ELSEWHERE)).astype(np.float32))
            self._columns[name] = (share @ counts[:, fallback.order(name)]).tocsr()

    @classmethod
    def fit(cls, events: Events, catalog: Catalog, fallback: Popularity) -> Markov:
        """`fallback` orders equals and what never followed."""
        transitions = {name: next_new(events, catalog, name) for name in catalog.type_names}
        return cls(transitions, catalog.type_codes, fallback)

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows of any type, oldest first) at most `k` rows of the type, best first.

        A row's score is the sum of the probabilities to come next, after the last item of its own type and, at
        half the weight, after the last of each other type. Items of the history are left out. Equals go by the
        fallback's order, which also fills up where fewer than `k` ever followed (for a new listener: none).
        """
        check_k(k)
        order, columns = self.fallback.order(type_name), self._columns[type_name]
        wanted = self.fallback.type_names.index(type_name)
        ranked: list[np.ndarray] = []
        for start in range(0, len(histories), BATCH):
            batch = histories[start : start + BATCH]
            ranked += rank_scores(self._places(batch, wanted) @ columns, order, batch, k)
        return ranked

    def _places(self, histories: Sequence[np.ndarray], wanted: int) -> sparse.csr_array:
        """float32[len(histories), n]: 1 at the last item of the type wanted, 0.5 at the last of each other type."""
        owners, items = [], []
        for owner, history in enumerate(histories):
            latest = np.asarray(history, dtype=np.int64)[::-1]
            last = latest[np.unique(self.types[latest], return_index=True)[1]]
            owners.append(np.full(len(last), owner))
            items.append(last)
        rows = np.concatenate(items)
        weights = np.where(self.types[rows] == wanted, 1.0, OTHERS).astype(np.float32)
        shape = (len(histories), len(self.types))
        return sparse.coo_array((weights, (np.concatenate(owners), rows)), shape=shape).tocsr()


def next_new(events: Events, catalog: Catalog, type_name: str) -> sparse.csr_array:
    """float32[n, n]: how many events of item i had j as the next item of the type that was new to their listener."""
    wanted = events.first_meetings() & (catalog.type_codes[events.item] == catalog.type_code(type_name))
    places = np.arange(len(events))
    nearest = np.minimum.accumulate(np.where(wanted, places, len(events))[::-1])[::-1]
    following = np.append(nearest, len(events))[1:]
    ends = np.repeat(events.offsets[1:], np.diff(events.offsets))
    pairs = events.item[following < ends], events.item[following[following < ends]]
    counts = np.ones(len(pairs[0]), dtype=np.float32)
    return sparse.coo_array((counts, pairs), shape=(len(catalog), len(catalog))).tocsr()
