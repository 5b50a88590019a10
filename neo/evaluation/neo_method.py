"""NEO as a method under evaluation: the same beams and prompts that answer a user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.evaluation.protocol import RecommendCase
from neo.evaluation.search_cases import SearchCase
from neo.language.prompts import about_listener
from neo.model.neo_model import NeoModel


class NeoMethod:
    """Ranks with a model. Histories are what the case holds; nothing comes from the bundle's own events."""

    def __init__(self, model: NeoModel, beams: int = 30, name: str = "NEO") -> None:
        self.model, self.beams, self.name = model, beams, name

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        ranked: dict[int, np.ndarray] = {}
        for type_name in dict.fromkeys(case.type for case in cases):
            places = [i for i, case in enumerate(cases) if case.type == type_name]
            histories = [cases[i].history.tolist() for i in places]
            abouts = [about_listener(self.model.bundle.listeners, cases[i].listener) for i in places]
            found = self.model.recommend_rows(histories, abouts, type_name, k, beams=max(self.beams, k))
            ranked |= {i: _rows(items) for i, items in zip(places, found, strict=True)}
        return [ranked[i] for i in range(len(cases))]

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        found = self.model.search_rows(
            [case.query for case in cases], [case.type for case in cases], k, beams=max(self.beams, k)
        )
        return [_rows(items) for items in found]


def _rows(items: Sequence[tuple[int, float]]) -> np.ndarray:
    return np.array([row for row, _ in items], dtype=np.int64)
