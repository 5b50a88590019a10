"""The generated world's own rankings as a method: the ceiling of every table on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.catalog.starter.oracle import Oracle
from neo.evaluation.protocol import RecommendCase, Split
from neo.evaluation.report import ORACLE
from neo.evaluation.search_cases import SearchCase
from neo_sdk.errors import NotFoundError


class OracleMethod:
    """Ranks by the true choice probabilities, which no recommender can know.

    The oracle holds the windows of its world only: the split must carry the name, cut and horizon of one of
    them, else the first case raises NotFoundError. It ranks 50 deep.
    """

    name = ORACLE

    def __init__(self, oracle: Oracle, split: Split) -> None:
        self.oracle = oracle
        self.split = split
        searches = oracle.search_cases(split.name)
        ranked = zip(searches.search.tolist(), searches.rows, strict=True)
        self._searches = {row: rows[rows >= 0] for row, rows in ranked}

    def recommend(self, cases: Sequence[RecommendCase], k: int) -> list[np.ndarray]:
        """What the listener would choose, most likely first. Raises NotFoundError for an unknown case."""
        return [self.oracle.ranking(self.split.name, case.listener, case.type, k) for case in cases]

    def search(self, cases: Sequence[SearchCase], k: int) -> list[np.ndarray]:
        """What the query is meant for, most likely first. Raises NotFoundError for an unknown case."""
        missing = [case.search for case in cases if case.search not in self._searches]
        if missing:
            window = f"the oracle's {self.split.name} window"
            raise NotFoundError(f"{window} lacks {len(missing)} of the searches, log row {missing[0]} first")
        return [self._searches[case.search][:k] for case in cases]
