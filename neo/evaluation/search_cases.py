"""What is searched for: the queries that a split asks for, each with the items that are right for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from neo.catalog.activity import Dataset
from neo.evaluation.leave_one_out import AnySplit
from neo.evaluation.protocol import sample
from neo.evaluation.queries import same_case


@dataclass(frozen=True, eq=False)
class SearchCase:
    """Which items are meant by this query? Row `search` of the search log, the first of them.

    `relevant` int64[]: the right items of the type, ascending, one or more. `listener` is -1 where nobody is known,
    and `history` (int32[], what may be known of them) is empty then.
    """

    search: int
    query: str
    kind: str
    listener: int
    type: str
    relevant: np.ndarray
    history: np.ndarray


def search_cases(dataset: Dataset, split: AnySplit, max_per_type: int | None = None, seed: int = 0) -> list[SearchCase]:
    """One case for each search in the split's time, with the item that was chosen, and one for each of its queries.

    A query without a time has all items that it led to as right ones, a case for each of their types, and nobody who
    asks; it is written as it most often was. With `max_per_type`, a sample for each type drawn by `seed`. In the
    order of the catalog's types, then of the log.
    """
    searches, catalog = dataset.searches, dataset.catalog
    asked, known = np.flatnonzero(split.asks(searches)), split.training(dataset).events
    case_of, types = same_case(searches)[asked], catalog.type_codes[searches.item[asked]]
    queries, kinds, timed = searches.query, searches.kind, searches.timed
    cases: list[SearchCase] = []
    for code, name in enumerate(catalog.type_names):
        alike = _together(asked[types == code], case_of[types == code])
        for i in sample(np.arange(len(alike)), max_per_type, [seed, code]).tolist():
            rows = alike[i]
            row = int(rows[0])
            who = int(searches.listener[row]) if timed[row] else -1
            cases.append(
                SearchCase(
                    search=row,
                    query=Counter(queries.take(rows).to_pylist()).most_common(1)[0][0],
                    kind=kinds[row].as_py(),
                    listener=who,
                    type=name,
                    relevant=np.unique(searches.item[rows]).astype(np.int64),
                    history=np.empty(0, dtype=np.int32) if who < 0 else known.history(who),
                )
            )
    return cases


def _together(rows: np.ndarray, case_of: np.ndarray) -> list[np.ndarray]:
    """The rows (ascending) in lists, those of one case together, in the order of their first."""
    if not len(rows):
        return []
    order = np.argsort(case_of, kind="stable")
    alike = np.split(rows[order], np.flatnonzero(np.diff(case_of[order])) + 1)
    return sorted(alike, key=lambda some: int(some[0]))
