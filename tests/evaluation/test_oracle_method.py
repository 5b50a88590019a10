from __future__ import annotations

import numpy as np
import pytest

from neo.catalog.starter.oracle import SPLITS, Cases, Oracle
from neo.evaluation.oracle import OracleMethod
from neo.evaluation.protocol import RecommendCase, Split
from neo.evaluation.search_cases import SearchCase
from neo_sdk.errors import NotFoundError

NONE = np.empty(0, dtype=np.int32)
TEST = SPLITS.index("test")


def cases_of(listener: int, search: int, target: int) -> Cases:
    """One choice among the rows 4 to 7, of which 7 is impossible."""
    one = np.array([[0.2, 0.5, 0.3, 0.0]])
    who, asked, time, chosen = (np.array([value]) for value in (listener, search, 100, target))
    return Cases.of(TEST, "show", who, asked, time, chosen, rows=np.arange(4, 8), weights=one)


METHOD = OracleMethod(Oracle(cases_of(3, -1, 6), cases_of(-1, 17, 4)), Split("test", cut=90))


def test_rankings_are_those_of_the_world_without_the_impossible() -> None:
    recommended = METHOD.recommend([RecommendCase(3, NONE, NONE, "show", 6)], 30)
    searched = METHOD.search([SearchCase(17, "owl", "title", -1, "show", np.array([4]), NONE)], 2)
    assert [rows.tolist() for rows in recommended] == [[5, 6, 4]]
    assert [rows.tolist() for rows in searched] == [[5, 6]]


def test_a_case_of_another_world_is_told() -> None:
    with pytest.raises(NotFoundError, match="listener 4"):
        METHOD.recommend([RecommendCase(4, NONE, NONE, "show", 6)], 10)
    with pytest.raises(NotFoundError, match="log row 18"):
        METHOD.search([SearchCase(18, "owl", "title", -1, "show", np.array([4]), NONE)], 10)
