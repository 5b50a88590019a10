"""Searches without times, split by their query: which part a query falls into, and what counts as one query."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.catalog.activity import UNTIMED, Searches
from neo.evaluation.queries import normalized, parts, same_case

WORDS = st.text(st.sampled_from("aAbB \u00e9\u00c9"), max_size=4)
LOGS = st.lists(st.tuples(WORDS, st.booleans(), st.sampled_from(["tag", "word"])), max_size=12)


def log_of(rows: list[tuple[str, bool, str]]) -> Searches:
    """(query, whether it has a time, kind) each."""
    time = np.array([place if timed else UNTIMED for place, (_, timed, _) in enumerate(rows)], dtype=np.int64)
    queries, kinds = [query for query, _, _ in rows], [kind for _, _, kind in rows]
    return Searches.from_arrays(queries, np.full(len(rows), -1), np.zeros(len(rows)), time, kinds)


def part_of(query: str) -> str:
    return str(parts(log_of([(query, False, "tag")]))[0])


def test_the_split_of_a_query_is_the_same_for_ever() -> None:
    known = {"fiction": "learned", "poetry": "test", "adventure": "validation", "hare": "test", "whales": "learned"}
    assert {query: part_of(query) for query in known} == known


def test_a_tenth_tests_and_a_tenth_validates() -> None:
    found = parts(log_of([(f"tag {n}", False, "tag") for n in range(10_000)]))
    for name in ("test", "validation"):
        assert (found == name).mean() == pytest.approx(0.1, abs=0.01)
    assert set(found.tolist()) == {"test", "validation", "learned"}


@given(LOGS)
def test_a_query_is_split_by_itself_alone_and_only_without_a_time(rows: list[tuple[str, bool, str]]) -> None:
    log = log_of(rows)
    expected = ["" if timed else part_of(query) for query, timed in zip(log.query.to_pylist(), log.timed, strict=True)]
    assert parts(log).tolist() == expected


@given(LOGS)
def test_a_case_is_a_query_of_a_kind_or_one_search_with_a_time(rows: list[tuple[str, bool, str]]) -> None:
    log, cases = log_of(rows), same_case(log_of(rows)).tolist()
    kinds, queries = log.kind.to_pylist(), log.query.to_pylist()
    for one in range(len(log)):
        untimed = [row for row in range(len(log)) if not log.timed[row]]
        mine = (normalized(queries[one]), kinds[one])
        alike = [row for row in untimed if (normalized(queries[row]), kinds[row]) == mine]
        assert cases[one] == (one if log.timed[one] else alike[0])


@pytest.mark.parametrize(
    ("one", "other"), [("Owl", "OWL"), (" sea  shanties", "sea shanties"), ("cafe\u0301", "caf\u00e9"), ("\uff11", "1")]
)
def test_what_is_one_query_stays_together(one: str, other: str) -> None:
    assert normalized(one) == normalized(other) and part_of(one) == part_of(other)
    assert normalized("dog") != normalized("dogs")
