"""2T-HGNN (De Nadai et al., WWW 2024): a graph network embeds the items, and two towers rank them for listeners.

First the network learns from how items are linked, without listeners; then its vectors stay as they are, and
the towers learn from who met what. An item that nobody met has a vector by its content.

The listener tower reads what was met and nothing else: not the country, the language and the chosen topics, which
stand in NEO's prompts. So a listener without events gets what is popular.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from neo.baselines.fitting import Say
from neo.baselines.graph_network import item_embeddings
from neo.baselines.hetero_graph import HeteroGraph
from neo.baselines.meetings import Meetings, packed
from neo.baselines.popularity import DAY, Popularity
from neo.baselines.scoring import BATCH, check_k, rank_scores
from neo.baselines.towers import RECENT, Items, Towers, train_towers
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog

GRAPH_STEPS, TOWER_STEPS = 400, 800
LATE_DAYS = 14


class TwoTower:
    """One vector a history, one an item; what is wanted decides only which items are ranked."""

    name = "2T-HGNN"

    def __init__(self, towers: Towers, fallback: Popularity) -> None:
        self.towers = towers
        self.fallback = fallback
        vectors = towers.embed()
        # In the fallback's order: among equals the earlier is the more popular item.
        self._vectors = {name: vectors[fallback.order(name)] for name in fallback.type_names}

    @classmethod
    def fit(
        cls,
        events: Events,
        catalog: Catalog,
        vectors: np.ndarray,
        fallback: Popularity,
        *,
        visible: np.ndarray | None = None,
        seed: int = 0,
        say: Say = lambda line: None,
        graph_steps: int = GRAPH_STEPS,
        tower_steps: int = TOWER_STEPS,
    ) -> TwoTower:
        """`vectors`: float32[n, d], content embeddings of all items in the catalog's order, of length 1 or 0.
        `fallback` ranks for listeners without a history. `visible`: int64[], ascending, rows of the items that were out
        (None: all); of the others nothing is learned. `say` gets lines of progress. The same machine, threads and seed
        give the same model. Raises InvalidRequestError where vectors and catalog do not fit together.
        """
        visible = np.arange(len(catalog)) if visible is None else visible
        graph = HeteroGraph.of(events, catalog, vectors, visible=visible)
        say(f"graph: {len(graph):,} items, {len(graph.links.rows):,} links of {len(graph.link_types)} types")
        embedded = item_embeddings(graph, seed, graph_steps, say)
        features = np.concatenate([vectors, _heard(events, len(catalog))], axis=1, dtype=np.float32)
        read = torch.from_numpy(embedded), torch.from_numpy(features), torch.from_numpy(graph.types)
        items = Items(*read, graph.n_types)
        meetings = Meetings.of(events, len(catalog))
        return cls(train_towers(items, meetings, visible, seed, tower_steps, say), fallback)

    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows of any type, oldest first) at most `k` rows of the type, best first.

        Items of the history are left out. Equals go by the fallback's order, which is also what a listener
        without a history gets.
        """
        check_k(k)
        order = self.fallback.order(type_name)
        ranked: list[np.ndarray] = []
        for start in range(0, len(histories), BATCH):
            batch = histories[start : start + BATCH]
            with torch.no_grad():
                listeners = self.towers.listeners(packed(batch, RECENT)).numpy()
            # Rounded, since equal vectors need not give sums that are equal to the last bit.
            scores = np.round(listeners @ self._vectors[type_name].T, 5)
            scores[[not len(history) for history in batch]] = 0
            ranked += rank_scores(scores, order, batch, k)
        return ranked


def _heard(events: Events, n_items: int) -> np.ndarray:
    """float32[n_items, 2]: log(1 + events), ever and in the last 14 days, over the largest of its column."""
    latest = int(events.time.max()) if len(events) else 0
    late = events.time > latest - LATE_DAYS * DAY
    counts = [np.bincount(item, minlength=n_items) for item in (events.item, events.item[late])]
    logs = np.log1p(np.stack(counts, axis=1))
    return (logs / np.maximum(logs.max(axis=0, initial=0.0), 1.0)).astype(np.float32)
