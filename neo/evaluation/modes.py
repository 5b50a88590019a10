"""Do the words of a discovery mode work? What is asked for, what comes, and how often it is right, by segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neo.evaluation.discovery_report import K, ModeResult
from neo.evaluation.metrics import hit_gain, hits, ndcg_gain
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.spread import distance
from neo.language.wordings.modes import MODES
from neo.listeners.familiarity import LEVELS, acquaintances
from neo_sdk.types import Mode


def mode_results(
    method: NeoMethod, cases: Sequence[RecommendCase], now: int, parents: np.ndarray, content: np.ndarray | None = None
) -> tuple[ModeResult, ...]:
    """For each mode and each type of which something is familiar. now: the cut, in seconds; content: for distances."""
    known = [Known(case, now, parents) for case in cases]
    right = np.array([int(of.levels(case.relevant)[0]) for of, case in zip(known, cases, strict=True)])
    types = np.array([case.type for case in cases])
    found = []
    for name in dict.fromkeys(types.tolist()):
        mine = np.flatnonzero(types == name).tolist()
        if not (right[mine] == LEVELS.index("familiar")).any():
            continue
        some = [cases[place] for place in mine]
        for mode in MODES:
            lists = method.recommend(some, K, mode)
            ranked = hits(lists, [case.relevant for case in some], K)
            hr, ndcg = hit_gain(ranked, K), ndcg_gain(ranked, np.ones(len(some), dtype=int), K)
            shown = np.concatenate([known[place].levels(rows[:10]) for place, rows in zip(mine, lists, strict=True)])
            by_level = {level: right[mine] == code for code, level in enumerate(LEVELS)}
            there = {level: some for level, some in by_level.items() if some.any()}
            kept_hr, kept_ndcg = _kept(
                method, cases, known, [place for place in mine if right[place] == _code(mode)], mode
            )
            found.append(
                ModeResult(
                    mode=mode,
                    group=name,
                    obeyed={level: float((shown == code).mean()) for code, level in enumerate(LEVELS)},
                    distance=distance([rows[:10] for rows in lists], some, content),
                    hr={level: float(hr[where].mean()) for level, where in there.items()},
                    ndcg={level: float(ndcg[where].mean()) for level, where in there.items()},
                    n={level: int(where.sum()) for level, where in there.items()},
                    kept_hr=kept_hr,
                    kept_ndcg=kept_ndcg,
                )
            )
    return tuple(found)


def _kept(
    method: NeoMethod, cases: Sequence[RecommendCase], known: Sequence[Known], places: Sequence[int], mode: Mode
) -> tuple[float | None, float | None]:
    """HR@K and NDCG@K over some cases, where only items of a mode may come; None for any mode, and without cases."""
    if mode == "any" or not places:
        return None, None
    catalog = method.model.bundle.catalog
    some, left_out = [cases[place] for place in places], []
    for place in places:
        rows = catalog.rows_of(cases[place].type)
        others = rows[known[place].levels(rows) != _code(mode)]
        left_out.append(np.union1d(others, cases[place].history))
    ranked = hits(method.recommend(some, K, mode, left_out), [case.relevant for case in some], K)
    ndcg = ndcg_gain(ranked, np.ones(len(some), dtype=int), K)
    return float(hit_gain(ranked, K).mean()), float(ndcg.mean())


def _code(mode: Mode) -> int:
    return -1 if mode == "any" else LEVELS.index(mode)


class Known:
    """How well a case's listener knows things."""

    def __init__(self, case: RecommendCase, now: int, parents: np.ndarray) -> None:
        self.parents = parents
        self.habits, self.others = acquaintances(case.history, case.times, now, parents)

    def levels(self, rows: np.ndarray) -> np.ndarray:
        """int [n], places in LEVELS, of catalog rows [n]."""
        wholes = np.where(self.parents[rows] < 0, rows, self.parents[rows])
        return np.select([np.isin(wholes, self.habits), np.isin(wholes, self.others)], [0, 1], 2)
