"""NEO as a method under evaluation: the same beams and prompts that answer a user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.catalog.activity import Events
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.search_cases import SearchCase
from neo.language.prompts import about_listener
from neo.model.listener import in_the_long_run
from neo.model.neo_model import NeoModel
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Mode


class NeoMethod:
    """Ranks with a model. Histories are what the case holds; nothing comes from the bundle's own events."""

    def __init__(self, model: NeoModel, beams: int = 30, name: str = "NEO") -> None:
        self.model, self.beams, self.name = model, beams, name

    def recommend(
        self, cases: Sequence[RecommendCase], k: int, mode: Mode = "any", exclude: Sequence[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """mode: what is asked for in words; they guarantee nothing. exclude: for each case the rows that must not come,
        by default those of its history."""
        ranked: dict[int, np.ndarray] = {}
        for type_name in dict.fromkeys(case.type for case in cases):
            places = [i for i, case in enumerate(cases) if case.type == type_name]
            histories = [cases[i].history.tolist() for i in places]
            abouts = [about_listener(self.model.bundle.listeners, cases[i].listener) for i in places]
            vectors = long_run(self.model, [cases[i] for i in places])
            beams = max(self.beams, k)
            out = None if exclude is None else [exclude[i] for i in places]
            found = self.model.recommend_rows(
                histories, abouts, type_name, k, beams=beams, exclude=out, vectors=vectors, mode=mode
            )
            ranked |= {i: _rows(items) for i, items in zip(places, found, strict=True)}
        return [ranked[i] for i in range(len(cases))]

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        """A query that the model refuses, since it is too long to be read, finds nothing."""
        read = [i for i, case in enumerate(cases) if self._reads(case)]
        queries, types = [cases[i].query for i in read], [cases[i].type for i in read]
        found = self.model.search_rows(queries, types, k, beams=max(self.beams, k))
        ranked = [np.zeros(0, dtype=np.int64)] * len(cases)
        for i, items in zip(read, found, strict=True):
            ranked[i] = _rows(items)
        return ranked

    def _reads(self, case: SearchCase) -> bool:
        try:
            self.model.search_prompt(case.query, case.type)
        except InvalidRequestError:
            return False
        return True


def long_run(model: NeoModel, cases: Sequence[RecommendCase]) -> list[tuple[int, ...]]:
    """What stands for each listener in a prompt, from the case's own events."""
    counts = [len(case.history) for case in cases]
    items, times = ([getattr(case, name) for case in cases] for name in ("history", "times"))
    who = np.arange(len(cases))
    kinds = np.full(sum(counts), "met")
    events = Events.from_arrays(np.repeat(who, counts), np.concatenate(items), np.concatenate(times), kinds, len(cases))
    rows = np.array([case.listener for case in cases])
    # Under leave-one-out some of what is known of a case is no older than what the bundle knows.
    ends = np.array([case.times.max(initial=-1) + 1 for case in cases], dtype=np.int64)
    return in_the_long_run(model.bundle, events, who, rows, np.maximum(ends, model.bundle.now))


def _rows(items: Sequence[tuple[int, float]]) -> np.ndarray:
    return np.array([row for row, _ in items], dtype=np.int64)
