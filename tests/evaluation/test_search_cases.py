"""Search cases against a walk through the log, and that nothing asked for was learned from; under both protocols."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import UNTIMED, Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo.evaluation.leave_one_out import AnySplit, LeaveOneOut
from neo.evaluation.protocol import DAY, Split
from neo.evaluation.queries import normalized, parts
from neo.evaluation.search_cases import SearchCase, search_cases

TYPES = ["show"] * 4 + ["episode"] * 2 + ["audiobook"] * 4
PARENTS = [None] * 4 + ["i0", "i1"] + [None] * 4
RELEASED = [20, None, 5, 9, None, 3, None, 10, 11, 2]  # days; i4 came out with i0, after the cut
CATALOG = Catalog.from_table(
    pa.table(
        {
            "id": [f"i{row}" for row in range(10)],
            "type": TYPES,
            "title": [f"title {row}" for row in range(10)],
            "parent": PARENTS,
            "date": pa.array(RELEASED, pa.int32()).cast(pa.date32()),
        }
    )
)
OUT = {1, 2, 3, 5, 6, 9}
QUERIES = ["Owl", "owl", "lamp", "sea", "Sea", "SEA", "pine", "river", "River", "fern"]  # of all three parts
ROWS = st.lists(
    st.tuples(st.sampled_from(QUERIES), st.integers(-1, 2), st.integers(0, 9), st.none() | st.integers(7, 15)),
    max_size=30,
)
SPLITS = [
    *(Split(name, cut=10 * DAY, horizon_days=3) for name in ("validation", "test")),
    *(LeaveOneOut(name) for name in ("validation", "test")),
]
Row = tuple[str, int, int, int | None]


def dataset_of(rows: list[Row]) -> Dataset:
    """(query, listener, item, day) each; without a day, without a time."""
    time = [UNTIMED if day is None else day * DAY for *_, day in rows]
    columns = np.array([row[1:3] for row in rows], dtype=np.int64).reshape(-1, 2)
    kinds = ["tag" if day is None else "word" for *_, day in rows]
    searches = Searches.from_arrays([row[0] for row in rows], columns[:, 0], columns[:, 1], np.array(time), kinds)
    met = [(who, item) for who in range(3) for item in range(who, who + 4)]
    events = Events.from_arrays(*np.array(met).T, np.arange(len(met)) * DAY, ["play"] * len(met), 3)
    return Dataset(CATALOG, Listeners.from_ids(["u0", "u1", "u2"]), events, searches)


def told(cases: list[SearchCase]) -> Counter[tuple[str, str, int, str, tuple[int, ...]]]:
    return Counter((c.query, c.kind, c.listener, c.type, tuple(c.relevant.tolist())) for c in cases)


@pytest.mark.parametrize("split", SPLITS, ids=repr)
@settings(deadline=None)
@given(rows=ROWS)
def test_cases_equal_a_walk_through_the_log(split: AnySplit, rows: list[Row]) -> None:
    data = dataset_of(rows)
    expected: Counter[tuple[str, str, int, str, tuple[int, ...]]] = Counter()
    spelled, right = defaultdict(list), defaultdict(set)
    for query, who, item, day in rows:
        if day is not None:
            if isinstance(split, Split) and 10 <= day < 13:
                expected[query, "word", who, TYPES[item], (item,)] += 1
        else:
            spelled[normalized(query), TYPES[item]].append(query)
            right[normalized(query), TYPES[item]].add(item)
    part = dict(zip(data.searches.query.to_pylist(), parts(data.searches).tolist(), strict=True))
    for (query, name), items in right.items():
        if part[spelled[query, name][0]] == split.name:
            written = Counter(spelled[query, name]).most_common(1)[0][0]
            expected[written, "tag", -1, name, tuple(sorted(items))] += 1
    cases = search_cases(data, split)
    assert told(cases) == expected
    known = split.training(data).events
    for case in cases:
        assert int(data.searches.item[case.search]) in case.relevant.tolist()
        assert case.history.tolist() == ([] if case.listener < 0 else known.history(case.listener).tolist())
    order = [(CATALOG.type_code(case.type), case.search) for case in cases]
    assert order == sorted(order)


@pytest.mark.parametrize("split", SPLITS, ids=repr)
@settings(deadline=None)
@given(rows=ROWS)
def test_nothing_asked_for_is_learned_from(split: AnySplit, rows: list[Row]) -> None:
    data = dataset_of(rows)
    learned = split.training(data).searches
    untimed = learned.where(~learned.timed)
    known = {normalized(query) for query in untimed.query.to_pylist()}
    for name in ("validation", "test"):
        other = LeaveOneOut(name) if isinstance(split, LeaveOneOut) else Split(name, split.cut, split.horizon_days)
        asked = [case for case in search_cases(data, other) if case.kind == "tag"]
        assert not known & {normalized(case.query) for case in asked}
    if isinstance(split, Split):
        out = OUT | set(split.training(data).events.item.tolist())  # what was met was out, whatever its date says
        assert set(untimed.item.tolist()) <= out and (learned.time[learned.timed] < split.cut).all()
    else:
        assert not learned.timed.any()
        out = set(range(len(CATALOG)))
    here = {query for query, _, item, day in rows if day is None and item in out}
    of = dict(zip(data.searches.query.to_pylist(), parts(data.searches).tolist(), strict=True))
    assert set(untimed.query.to_pylist()) == {query for query in here if of[query] == "learned"}


def test_a_sample_is_seeded_and_of_cases_not_of_searches() -> None:
    asked = [(f"tag {n}", -1, 6 + item, None) for n in range(200) for item in range(3)]
    data = dataset_of(asked)
    whole = search_cases(data, SPLITS[2])
    samples = [search_cases(data, SPLITS[2], max_per_type=5, seed=seed) for seed in (1, 1, 2)]
    queries = [[case.query for case in cases] for cases in samples]
    assert queries[0] == queries[1] != queries[2]
    assert len(set(queries[0])) == 5 < len(whole) and told(samples[0]) <= told(whole)
    assert all(case.relevant.tolist() == [6, 7, 8] for case in whole)
