"""Variety: no more items of a group (the episodes of a show) than a request wants.

The list is what one gets by walking down the ranking of everything that may be named (with a shift, of what the beams
have found) and passing over what its group has no more room for. A search sees as far as its beams; where they are full
of a group, it is repeated without it.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from neo.decoding.index import SidIndex
from neo.decoding.request import ScoredItem, SpanRequest


class Kept:
    """What a request has kept so far of what its searches found."""

    def __init__(self, request: SpanRequest) -> None:
        self.request = request
        self.items: list[ScoredItem] = []
        self.is_short = False  # whether a further search can find more
        self._of_group: Counter[int] = Counter()

    @property
    def best(self) -> list[ScoredItem]:
        """At most `k` items, the best first."""
        return sorted(self.items, key=lambda item: -item.score)[: self.request.k]

    def take(self, items: list[ScoredItem]) -> None:
        """Keeps what has room, from the best on."""
        before = len(self.items)
        for item in items:
            if self._has_room(item) and len(self.items) < self.request.k:
                self.items.append(item)
        # Nothing was passed over, or nothing was found that could be kept: the search has seen everything.
        passed_over = len(items) > len(self.items) - before > 0
        self.is_short = passed_over and len(self.items) < self.request.k

    def left(self) -> SidIndex:
        """What may still be picked: neither what was kept nor of a group that is full. A pass over the index."""
        limit, gone = self.request.limit, [item.row for item in self.items]
        if limit is None:
            raise ValueError("only a request with a limit is searched again")
        full = [group for group, count in self._of_group.items() if count >= limit.most]
        mask = ~np.isin(limit.groups, full)
        mask[gone] = False
        return self.request.index.only(self.request.types).filtered(mask)

    def _has_room(self, item: ScoredItem) -> bool:
        limit = self.request.limit
        if limit is None or (group := int(limit.groups[item.row])) < 0:
            return True
        self._of_group[group] += 1
        if self._of_group[group] <= limit.most:
            return True
        self._of_group[group] = limit.most
        return False
