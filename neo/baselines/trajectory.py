"""A listener's path through the catalog: where a short stretch of it leads, in a graph of shared topics.

After "Trajectory Based Podcast Recommendation" (Benton, Fazelnia, Wang and Carterette, 2020, arXiv 2009.03859).
Followed is what its abstract and introduction say: listeners move through the library step by step; shows are
the nodes of a graph, with an edge where two share a topic; where a listener is, together with the last steps,
tells what comes next; what counts is local, short sequences of shows that are alike.

Our own reading is how this becomes a score; the paper's model itself is not followed. A step leads from an item
to one met soon after it, steps are counted, and what is known of steps from an item is known, by a share, of
its neighbors in the graph too. Items of all types are nodes, not shows alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
from scipy import sparse

from neo.baselines.popularity import Popularity
from neo.baselines.scoring import BATCH, check_k, history_weights, rank_scores
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.sids.quantize import one_thread

# On the starter world's validation week, HR@10 of shows, episodes and audiobooks: .302, .425, .284. Without the
# graph (SHARE 0; .5 and .6 were tried, too) .253, .449, .240; REACH 5, 20 and 60, WINDOW 10 and 20, DECAY .95 and
# neighbors by text instead of topics were no better, or better for one type at the cost of the others.
REACH = 10
WINDOW = 50
DECAY = 0.9
SHARE = 0.7


class Trajectory:
    """Steps between items and, through the topics they share, between items alike."""

    name = "trajectory"

    def __init__(
        self, steps: sparse.csr_array, topics: sparse.csr_array, fallback: Popularity, share: float = SHARE
    ) -> None:
        """`steps`: float32[n, n], how strongly an item leads to another. `topics`: float32[n, topics].

        `share` of what is known comes from an item's neighbors, the rest from itself.
        """
        self.fallback = fallback
        there, back = over_topics(topics)
        self._there = (share * there).tocsr()
        self._steps, self._from_topics = {}, {}
        for name in fallback.type_names:  # columns in the fallback's order, as `rank_scores` wants them
            columns = steps[:, fallback.order(name)].tocsr()
            self._steps[name] = ((1 - share) * columns).tocsr()
            self._from_topics[name] = (back @ columns).toarray()

    @classmethod
    def fit(
        cls, events: Events, catalog: Catalog, fallback: Popularity, visible: np.ndarray | None = None
    ) -> Trajectory:
        """Learns from the events and the catalog's topics.

        `fallback` orders equals and what no step leads to. `visible`: int64[], rows of the items that were out, whose
        topics are known (None: all).
        """
        visible = np.arange(len(catalog)) if visible is None else visible
        return cls(steps_ahead(events, len(catalog)), item_topics(catalog, visible), fallback)

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows of any type, oldest first) at most `k` rows of the type, best first.

        A row's score is the sum of the steps to it from the last 50 items, times 0.9 a step back. Items of the
        history are left out. Equals go by the fallback's order; for a new listener all are equal.
        """
        check_k(k)
        order, steps = self.fallback.order(type_name), self._steps[type_name]
        ranked: list[np.ndarray] = []
        with one_thread():
            for start in range(0, len(histories), BATCH):
                batch = histories[start : start + BATCH]
                path = history_weights(batch, steps.shape[0], WINDOW, DECAY)
                scores = (path @ steps).toarray() + (path @ self._there).toarray() @ self._from_topics[type_name]
                ranked += rank_scores(scores, order, batch, k)
        return ranked


def steps_ahead(events: Events, n_items: int) -> sparse.csr_array:
    """float32[n_items, n_items]: how often item i (row) led to item j, over the popularity of both.

    An event leads to each of the next 10 events whose item the listener then met for the first time; one that
    is d events ahead counts 1 / log2(1 + d). The sum is divided by sqrt((pop_i + 1) (pop_j + 1)), pop being
    the number of events.
    """
    item, new = events.item.astype(np.int64), events.first_meetings()
    steps = sparse.csr_array((n_items, n_items), dtype=np.float32)
    for ahead in range(1, min(REACH, len(events) - 1) + 1):
        led = (events.listener[ahead:] == events.listener[:-ahead]) & new[ahead:]
        weight = np.full(int(led.sum()), 1 / np.log2(1 + ahead), dtype=np.float32)
        pairs = item[:-ahead][led], item[ahead:][led]
        steps += sparse.coo_array((weight, pairs), shape=(n_items, n_items)).tocsr()
    scale = sparse.diags_array((1 / np.sqrt(np.bincount(item, minlength=n_items) + 1.0)).astype(np.float32))
    return (scale @ steps @ scale).tocsr()


def item_topics(catalog: Catalog, visible: np.ndarray) -> sparse.csr_array:
    """float32[n, topics]: an item's topics, a rare one weighing more, each row of length 1.

    A row is 0 without topics, and for an item that is not `visible` (int64[], rows).
    """
    lists = catalog.column("topics").combine_chunks()
    items = pc.list_parent_indices(lists).to_numpy()
    words = pc.list_flatten(lists).dictionary_encode(null_encoding="encode")
    shape = (len(catalog), max(len(words.dictionary), 1))
    known = np.isin(items, visible)
    pairs = items[known], words.indices.to_numpy()[known]
    has = sparse.coo_array((np.ones(int(known.sum()), dtype=np.float32), pairs), shape=shape)
    rarity = np.log(len(visible) / np.maximum(has.sum(axis=0), 1)).astype(np.float32)
    weighted = (has.tocsr() @ sparse.diags_array(rarity)).tocsr()
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    return (sparse.diags_array((1 / np.where(lengths > 0, lengths, 1)).astype(np.float32)) @ weighted).tocsr()


def over_topics(topics: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """(float32[n, topics], float32[topics, n]): their product is the graph, each row of sum 1 (0 without topics).

    An edge weighs the cosine of the two items' topics. There can be n^2 edges, but the way over the topics
    needs none of them.
    """
    total = topics @ np.asarray(topics.sum(axis=0))
    scale = sparse.diags_array((1 / np.where(total > 0, total, 1)).astype(np.float32))
    return (scale @ topics).tocsr(), topics.T.tocsr()
