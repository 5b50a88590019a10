"""The graph of 2T-HGNN (De Nadai et al., WWW 2024): items of all types, linked in several ways, listeners left out.

Two kinds of links: `together`, met close to each other by the same listeners, and `alike`, near in content. With
the types of both ends they are the link types; all are drawn equally often, however rare.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.catalog.met_together import item_similarity
from neo_sdk.errors import InvalidRequestError

KINDS = ("together", "alike")
# How many neighbors an item keeps of each type, the strongest: what few share is mostly chance.
TOGETHER, ALIKE = 30, 10


@dataclass(frozen=True, eq=False)
class Neighborhood:
    """Bags of neighbors: bag b is `rows[offsets[b] : offsets[b + 1]]`, with weights that sum to 1 unless it is empty.

    rows: int64[m]. offsets: int64[bags + 1]. weights: float32[m].
    """

    rows: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray


class HeteroGraph:
    """Each item has one bag of neighbors a slot: a kind of link and the type of the neighbors.

    The bag of item i and slot s is number i * n_slots + s. Slots come kind by kind, then type by type.
    """

    def __init__(
        self, features: np.ndarray, types: np.ndarray, n_types: int, links: Neighborhood, visible: np.ndarray
    ) -> None:
        """`features`: float32[n, d], what is known of an item without its links. `types`: int64[n].

        visible: int64[], the rows whose links are learned from.
        """
        self.features, self.types, self.n_types, self.links = features, types, n_types, links
        self.n_slots = len(KINDS) * n_types
        self._sums = np.concatenate([[0.0], np.cumsum(links.weights, dtype=np.float64)])
        self._counts = np.diff(links.offsets).reshape(len(features), self.n_slots)
        self._anchors = {
            (code, slot): anchors
            for code in range(n_types)
            for slot in range(self.n_slots)
            if len(anchors := visible[(types[visible] == code) & (self._counts[visible, slot] > 0)])
        }

    @classmethod
    def of(
        cls,
        events: Events,
        catalog: Catalog,
        vectors: np.ndarray,
        together: int = TOGETHER,
        alike: int = ALIKE,
        visible: np.ndarray | None = None,
    ) -> HeteroGraph:
        """Links by all events given, and by the content embeddings `vectors` (float32[n, d], of length 1 or 0).

        How strongly two items are linked is what item-CF says of them (over the full past), or their cosine. `visible`:
        int64[], rows of the items that are out (None: all); the others have neighbors, but are nobody's. Raises
        InvalidRequestError for vectors of another number than the catalog's items.
        """
        visible = np.arange(len(catalog)) if visible is None else visible
        if vectors.ndim != 2 or len(vectors) != len(catalog):
            raise InvalidRequestError(
                f"vectors have the shape {vectors.shape}, expected one row for {len(catalog)} items"
            )
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        types, n_types = catalog.type_codes.astype(np.int64), len(catalog.type_names)
        parts = []
        if len(events):
            met = item_similarity(events, len(catalog), tail=None).tocoo()
            parts.append(_strongest(met.row, types[met.col], met.col, met.data, together))
        for code in range(n_types):
            item, other, cosine = _nearest(vectors, visible[types[visible] == code], alike)
            parts.append(_strongest(item, np.full(len(item), n_types + code), other, cosine, alike))
        return cls(vectors, types, n_types, _bags(parts, len(catalog), len(KINDS) * n_types), visible)

    def __len__(self) -> int:
        return len(self.features)

    @property
    def link_types(self) -> tuple[tuple[int, int], ...]:
        """(type of the item, slot of its neighbors) of all that occur."""
        return tuple(self._anchors)

    def neighbors(self, items: np.ndarray) -> Neighborhood:
        """All neighbors: len(items) * n_slots bags."""
        bags = self._bags_of(items)
        starts, counts = self.links.offsets[bags], self.links.offsets[bags + 1] - self.links.offsets[bags]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        places = np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1])
        return Neighborhood(self.links.rows[places], offsets, self.links.weights[places])

    def draw(
        self, items: np.ndarray, fanout: int, rng: np.random.Generator, hidden: np.ndarray | None = None
    ) -> Neighborhood:
        """`fanout` neighbors for each bag that is not empty, by weight and with replacement.

        Every slot gets as many, so that a few links between types are heard as well as many within one. The
        items marked in `hidden` (bool[len(items)]) are treated as if nobody had met them.
        """
        bags = self._bags_of(items)
        drawn = self.links.offsets[bags + 1] > self.links.offsets[bags]
        if hidden is not None:
            drawn &= ~(hidden[:, None] & (np.arange(self.n_slots) < self.n_types)).ravel()
        rows = self._draw(np.repeat(bags[drawn], fanout), rng)
        offsets = np.concatenate([[0], np.cumsum(np.where(drawn, fanout, 0))])
        return Neighborhood(rows, offsets, np.full(len(rows), 1 / fanout, dtype=np.float32))

    def draw_links(self, each: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(items, neighbors), int64[len(link_types), each]: `each` links of every link type.

        The item is drawn evenly among those that have such links, its neighbor by weight.
        """
        items = np.stack([rng.choice(anchors, each) for anchors in self._anchors.values()])
        slots = np.array([slot for _, slot in self._anchors])[:, None]
        return items, self._draw((items * self.n_slots + slots).ravel(), rng).reshape(items.shape)

    def _bags_of(self, items: np.ndarray) -> np.ndarray:
        return (np.asarray(items, dtype=np.int64)[:, None] * self.n_slots + np.arange(self.n_slots)).ravel()

    def _draw(self, bags: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """int64[len(bags)]: one neighbor for each bag, none of them empty."""
        first, last = self.links.offsets[bags], self.links.offsets[bags + 1] - 1
        low, high = self._sums[first], self._sums[last + 1]
        places = np.searchsorted(self._sums, low + rng.random(len(bags)) * (high - low), side="right") - 1
        return self.links.rows[np.clip(places, first, last)]


Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _nearest(vectors: np.ndarray, among: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(item, neighbor, cosine): for every row its `k` nearest of the rows `among`, cosines above 0 only.

    Every pair is looked at: seconds for tens of thousands of items, too slow for millions.
    """
    k = min(k + 1, len(among))  # an item finds itself
    if not k:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors[among])
    cosine, place = index.search(vectors, k)
    item, other, flat = np.repeat(np.arange(len(vectors)), k), among[place.ravel()], cosine.ravel()
    kept = (item != other) & (flat > 1e-6)
    return item[kept], other[kept], flat[kept]


def _strongest(item: np.ndarray, slot: np.ndarray, other: np.ndarray, weight: np.ndarray, k: int) -> Part:
    """Of each item and slot the `k` heaviest links, heaviest first; equals by the neighbor's row."""
    order = np.lexsort((other, -weight, slot, item))
    item, slot, other, weight = item[order], slot[order], other[order], weight[order]
    starts = np.flatnonzero(np.diff(item, prepend=-1) | np.diff(slot, prepend=-1))
    rank = np.arange(len(item)) - np.repeat(starts, np.diff(starts, append=len(item)))
    kept = rank < k
    return item[kept].astype(np.int64), slot[kept], other[kept].astype(np.int64), weight[kept]


def _bags(parts: list[Part], n_items: int, n_slots: int) -> Neighborhood:
    item, slot, other, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    bag = item * n_slots + slot
    order = np.argsort(bag, kind="stable")
    bag, other, weight = bag[order], other[order], weight[order].astype(np.float64)
    counts = np.bincount(bag, minlength=n_items * n_slots)
    total = np.bincount(bag, weight, minlength=n_items * n_slots)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return Neighborhood(other, offsets, (weight / total[bag]).astype(np.float32))
