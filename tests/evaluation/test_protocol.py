from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo.evaluation.baseline_methods import baseline_methods
from neo.evaluation.methods import HistoryMethod, QueryMethod, Recommender
from neo.evaluation.protocol import DAY, RecommendCase, Split, recommend_cases
from neo.evaluation.search_cases import search_cases
from neo_sdk.errors import InvalidRequestError

TYPES = ["show"] * 4 + ["episode"] * 4 + ["audiobook"] * 4
TITLES = ["river", "stone", "lamp", "owl"] * 3
PARENTS = [None] * 4 + ["i0"] * 4 + [None] * 4
CATALOG = Catalog.from_table(
    pa.table({"id": [f"i{row}" for row in range(12)], "type": TYPES, "title": TITLES, "parent": PARENTS})
)
SPLIT = Split("test", cut=10 * DAY, horizon_days=3)
NONE = np.empty(0, dtype=np.int64)
WHO, ITEM, DAYS = st.integers(0, 4), st.integers(0, 11), st.integers(0, 16)
MEETINGS = st.lists(st.tuples(WHO, ITEM, DAYS), max_size=60)
ASKED = st.lists(st.tuples(st.sampled_from(["river", "owl", "?"]), st.integers(-1, 4), ITEM, DAYS), max_size=15)
Meeting = tuple[int, int, int]
Search = tuple[str, int, int, int]


def dataset_of(meetings: list[Meeting], asked: list[Search]) -> Dataset:
    """(listener, item, day) and (query, listener, item, day) each; equal days keep their order."""
    columns = np.array(meetings, dtype=np.int64).reshape(-1, 3)
    time = columns[:, 2] * DAY + np.arange(len(columns))
    events = Events.from_arrays(columns[:, 0], columns[:, 1], time, ["play"] * len(columns), 5)
    query, rest = [search[0] for search in asked], np.array([search[1:] for search in asked], dtype=np.int64)
    rest = rest.reshape(-1, 3)
    kind = ["typo" if search[0] == "?" else "word" for search in asked]
    searches = Searches.from_arrays(query, rest[:, 0], rest[:, 1], rest[:, 2] * DAY, kind)
    return Dataset(CATALOG, Listeners.from_ids([f"u{i}" for i in range(5)]), events, searches)


@settings(deadline=None)
@given(MEETINGS)
def test_recommend_cases_equal_a_walk_through_the_events(meetings: list[Meeting]) -> None:
    expected = {}
    ordered = sorted(meetings, key=lambda meeting: meeting[2])
    for who in range(5):
        before = [(item, day) for listener, item, day in ordered if listener == who and day < 10]
        for type_name in ("show", "episode", "audiobook"):
            after = [item for listener, item, day in ordered if listener == who and 10 <= day < 13]
            met = {item for item, _ in before}
            new = [item for item in after if item not in met and TYPES[item] == type_name]
            if new:
                expected[who, type_name] = (new[0], before)
    cases = recommend_cases(dataset_of(meetings, []), SPLIT)
    found = {}
    for case in cases:
        days = (case.times // DAY).tolist()
        found[case.listener, case.type] = (case.target, list(zip(case.history.tolist(), days, strict=True)))
    assert found == expected
    assert len(cases) == len(expected)
    assert all(case.is_new == (len(case.history) < 5) for case in cases)


@settings(deadline=None, max_examples=40)
@given(MEETINGS, MEETINGS, ASKED, ASKED)
def test_the_future_changes_no_history_and_no_ranking(
    past: list[Meeting], future: list[Meeting], asked: list[Search], later: list[Search]
) -> None:
    known = [meeting for meeting in past if meeting[2] < 10]
    known_asked = [search for search in asked if search[3] < 10]
    one = dataset_of(past, asked)
    other = dataset_of(
        known + [(who, item, day + 10) for who, item, day in future],
        known_asked + [(query, who, item, day + 10) for query, who, item, day in later],
    )
    histories = [
        {(case.listener, case.type): case.history.tolist() for case in recommend_cases(data, SPLIT)}
        for data in (one, other)
    ]
    assert all(histories[0][key] == histories[1][key] for key in histories[0].keys() & histories[1].keys())
    cases = [*recommend_cases(one, SPLIT), RecommendCase(0, NONE, NONE, "show", 0)]
    queries = search_cases(one, SPLIT)
    for mine, theirs in zip(baseline_methods(one, SPLIT), baseline_methods(other, SPLIT), strict=True):
        if isinstance(mine, HistoryMethod) and isinstance(theirs, HistoryMethod):
            ranked = [method.recommend(cases, 4) for method in (mine, theirs)]
        elif isinstance(mine, QueryMethod) and isinstance(theirs, QueryMethod):
            ranked = [method.search(queries, 4) for method in (mine, theirs)]
        assert [rows.tolist() for rows in ranked[0]] == [rows.tolist() for rows in ranked[1]]


@settings(deadline=None)
@given(MEETINGS, st.integers(1, 5))
def test_baselines_never_rank_the_history_or_another_type(meetings: list[Meeting], k: int) -> None:
    data = dataset_of(meetings, [])
    cases = recommend_cases(data, SPLIT)
    for method in baseline_methods(data, SPLIT):
        if not isinstance(method, Recommender):
            continue
        for case, rows in zip(cases, method.recommend(cases, k), strict=True):
            candidates = set(CATALOG.rows_of(case.type).tolist()) - set(case.history.tolist())
            assert set(rows.tolist()) <= candidates
            assert len(rows) == min(k, len(candidates))


def test_a_sample_is_seeded_and_part_of_the_whole() -> None:
    meetings = [(who, who % 4, 11) for who in range(5)] + [(who, 8 + who % 4, 12) for who in range(5)]
    data = dataset_of(meetings, [("owl", -1, row, 11) for row in range(12)])
    whole = {(case.listener, case.type) for case in recommend_cases(data, SPLIT)}
    samples = [recommend_cases(data, SPLIT, max_per_type=2, seed=seed) for seed in (1, 1, 2, 3, 4)]
    keys = [[(case.listener, case.type) for case in cases] for cases in samples]
    assert keys[0] == keys[1]
    assert any(other != keys[0] for other in keys[2:])
    assert all(len(some) == 4 and set(some) <= whole for some in keys)
    assert len(search_cases(data, SPLIT, max_per_type=2)) == 6


def test_training_ends_at_the_cut() -> None:
    data = dataset_of([(0, 1, 9), (0, 2, 10)], [("owl", 0, 1, 9), ("owl", 0, 1, 10)])
    known = SPLIT.training(data)
    assert known.events.item.tolist() == [1]
    assert len(known.searches) == 1
    assert known.catalog is data.catalog


def test_a_horizon_of_nothing_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="horizon_days is 0"):
        Split("test", cut=0, horizon_days=0)
