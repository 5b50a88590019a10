"""Leave-one-out against a walk through the lists themselves: who is asked what, and what nobody may learn from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from neo.catalog.activity import UNTIMED, Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig
from neo.catalog.strict import parse
from neo.evaluation.baseline_methods import baseline_methods, dense_methods
from neo.evaluation.evaluate import evaluate
from neo.evaluation.leave_one_out import LeaveOneOut, left_out_cases
from neo.evaluation.methods import Recommender, Searcher
from neo.evaluation.report import Report
from neo.evaluation.search_cases import search_cases
from neo.evaluation.tables import grids, print_report, to_markdown
from neo_sdk.errors import InvalidRequestError

TYPES = ["show"] * 6 + ["audiobook"] * 6
IDS = [f"i{row}" for row in range(12)]
CATALOG = Catalog.from_table(pa.table({"id": IDS, "type": TYPES, "title": IDS}))
SEQUENCES = st.lists(st.lists(st.integers(0, 11), max_size=30), min_size=1, max_size=6)
NAMES = st.sampled_from(["validation", "test"])
TEST, VALIDATION = LeaveOneOut("test"), LeaveOneOut("validation")


def dataset_of(sequences: list[list[int]]) -> Dataset:
    """A listener for each list; the place in it is the time, as in files of sequences."""
    listener = np.repeat(np.arange(len(sequences)), [len(items) for items in sequences])
    place = np.concatenate([np.arange(len(items)) for items in sequences])
    item = np.concatenate([np.array(items, dtype=np.int64) for items in sequences])
    events = Events.from_arrays(listener, item, place, ["play"] * len(item), len(sequences))
    searches = Searches.from_arrays(["owl"], np.array([0]), np.array([0]), np.array([0]), ["word"])
    return Dataset(CATALOG, Listeners.from_ids([f"u{i}" for i in range(len(sequences))]), events, searches)


def first_meetings(items: list[int]) -> list[int]:
    """The places in a list where an item stands for the first time."""
    return [place for place, item in enumerate(items) if item not in items[:place]]


@settings(deadline=None)
@given(SEQUENCES, NAMES, st.integers(1, 25))
def test_cases_are_the_last_and_the_second_last_items(sequences: list[list[int]], name: str, longest: int) -> None:
    expected = {}
    for who, items in enumerate(sequences):
        if len(set(items)) >= 3:
            end = first_meetings(items)[-1 if name == "test" else -2]
            start = max(0, end - longest)
            expected[who] = (items[end], TYPES[items[end]], items[start:end], list(range(start, end)))
    data = dataset_of(sequences)
    cases = left_out_cases(data, LeaveOneOut(name, longest))
    found = {case.listener: (case.target, case.type, case.history.tolist(), case.times.tolist()) for case in cases}
    assert found == expected and len(cases) == len(expected)
    order = [(TYPES.index(case.type), case.listener) for case in cases]
    assert order == sorted(order)


@settings(deadline=None)
@given(SEQUENCES, st.sampled_from([2, 3]))
def test_training_ends_before_the_withheld_items(sequences: list[list[int]], withheld: int) -> None:
    data = dataset_of(sequences)
    known = LeaveOneOut("test", withheld=withheld).training(data)
    assert known.catalog is data.catalog and known.listeners is data.listeners
    for who, items in enumerate(sequences):
        kept = items if len(set(items)) < 3 else items[: first_meetings(items)[-withheld]]
        assert known.events.history(who).tolist() == kept
        assert known.events.times(who).tolist() == list(range(len(kept)))
    assert len(known.events) == int(known.events.offsets[-1]) == known.events.offsets.max()
    validating = LeaveOneOut("validation", withheld=withheld).training(data).events  # one training serves both
    assert np.array_equal(validating.item, known.events.item)
    for case in [*left_out_cases(data, TEST), *left_out_cases(data, VALIDATION)]:
        assert case.target not in known.events.history(case.listener)


def test_dated_events_are_left_out_by_their_dates_and_ties_by_their_lines(tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text("id,title\n" + "".join(f"b{n},Book {n}\n" for n in range(6)))
    rows = [
        ("ann", "b4", "2020-05-01"),  # last by date, though first in the file
        ("bob", "b3", "2020-01-01"),  # three on one day: in the order of their lines
        ("ann", "b0", "2019-01-01"),
        ("bob", "b1", "2020-01-01"),
        ("ann", "b1", "2019-02-01"),
        ("bob", "b2", "2020-01-01"),
        ("ann", "b2", "2019-03-01"),
        ("ann", "b0", "2020-06-01"),  # once more: no new item, and after the last new one
        ("cem", "b5", "2020-02-02"),  # a single event
        ("dan", "b5", "2020-02-02"),
        ("dan", "b5", "2020-03-03"),
        ("dan", "b4", "2020-04-04"),  # three events, two items
    ]
    (tmp_path / "read.csv").write_text("listener,item,time\n" + "".join(",".join(row) + "\n" for row in rows))
    mapping = {"items": [{"path": "books.csv", "type": "audiobook"}], "events": {"path": "read.csv"}}
    data = read_dataset(parse(DataConfig, mapping, "data"), tmp_path, lambda line: None)

    def told(split: LeaveOneOut) -> list[tuple[str, list[int], int]]:
        cases = left_out_cases(data, split)
        return [(data.listeners.id(case.listener), case.history.tolist(), case.target) for case in cases]

    assert told(VALIDATION) == [("ann", [0, 1], 2), ("bob", [3], 1)]
    assert told(TEST) == [("ann", [0, 1, 2], 4), ("bob", [3, 1], 2)]
    known = TEST.training(data).events
    assert [known.history(data.listeners.row(who)).tolist() for who in ("ann", "bob", "cem", "dan")] == [
        [0, 1],
        [3],
        [5],
        [5, 5, 4],
    ]


def test_searches_with_a_time_are_neither_learned_from_nor_asked_for() -> None:
    data = dataset_of([[0, 1, 2]])
    assert len(data.searches) == 1 and len(TEST.training(data).searches) == 0
    assert search_cases(data, TEST) == [] and not any(isinstance(m, Searcher) for m in baseline_methods(data, TEST))


def test_searches_without_a_time_are_ranked_and_explained() -> None:
    queries = [f"tag {n}" for n in range(100)]
    rows = np.arange(100)
    log = Searches.from_arrays(queries, np.full(100, -1), rows % 12, np.full(100, UNTIMED), ["tag"] * 100)
    data = replace(dataset_of([[0, 1, 2, 3], [1, 2, 3, 4]]), searches=log)
    cases, asked = left_out_cases(data, TEST), search_cases(data, TEST)
    vectors = np.eye(12, dtype=np.float32)
    methods = [*baseline_methods(data, TEST), *dense_methods(data, TEST, Letters(), vectors)]
    report = evaluate(methods, cases, asked, TEST.ks, dataset=data, split=TEST, say=lambda line: None)
    assert report.methods == (
        "popularity",
        "item-CF",
        "item-CF, full past",
        "BM25",
        "dense history, letters",
        "dense, letters",
    )
    learned = len(TEST.training(data).searches)
    assert 0 < len(asked) < learned == report.setting.searches_before_cut == report.setting.untimed_searches
    found = report.find("BM25", "search", "tag")
    assert found is not None and found.n == len(asked)
    assert f"{learned} searches without a time are known" in to_markdown(report)


class Letters:
    """An embedder: which letters and digits a text has."""

    name, dim = "letters", 36

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        has = np.array([[letter in text for letter in alphabet] for text in texts], dtype=np.float32).reshape(-1, 36)
        return has / np.maximum(np.linalg.norm(has, axis=1, keepdims=True), 1)

    def save(self, folder: Path) -> None: ...


@settings(deadline=None, max_examples=40)
@given(SEQUENCES, st.integers(0, 11))
def test_held_out_events_change_no_ranking(sequences: list[list[int]], shift: int) -> None:
    long = [items for items in sequences if len(set(items)) >= 3] or [[0, 1, 2]]
    starts = [items[: first_meetings(items)[-2]] for items in long]
    others = [(item + shift) % 12 for item in range(12)]
    swapped = [[*start, *[item for item in others if item not in start][:2]] for start in starts]
    cases = left_out_cases(dataset_of(long), TEST)
    for mine, theirs in zip(*(baseline_methods(dataset_of(each), TEST) for each in (long, swapped)), strict=True):
        assert isinstance(mine, Recommender) and isinstance(theirs, Recommender)
        ranked = [[rows.tolist() for rows in method.recommend(cases, 10)] for method in (mine, theirs)]
        assert ranked[0] == ranked[1]


def test_a_sample_is_seeded_and_per_type() -> None:
    data = dataset_of([[1, 2, who] for who in (0, 3, 4, 5, 7, 8, 9, 10)])
    samples = [left_out_cases(data, TEST, max_per_type=2, seed=seed) for seed in (1, 1, 2)]
    picked = [[case.listener for case in cases] for cases in samples]
    assert picked[0] == picked[1]
    assert [case.type for case in samples[0]] == ["show", "show", "audiobook", "audiobook"]


@pytest.fixture(scope="module")
def report() -> Report:
    data = dataset_of([[0, 1, 2, 3], [1, 2, 3, 4], [0, 1, 2, 3, 4], [1, 0]])
    cases = left_out_cases(data, TEST)
    return evaluate(baseline_methods(data, TEST), cases, [], TEST.ks, dataset=data, split=TEST, say=lambda line: None)


def test_the_report_says_how_it_came_about(report: Report) -> None:
    setting = report.setting
    assert (setting.protocol, setting.split, setting.history, setting.ks) == ("leave_one_out", "test", 20, (5, 10))
    assert setting.cut is None and setting.horizon_days is None
    assert setting.events_before_cut == 2 + 2 + 3 + 2
    assert report.methods[0] == "popularity" and "item-CF" in report.methods
    assert report.value("item-CF", "recommend", "show", "HR@5") == 1.0
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_tables_have_four_digits_and_name_the_protocol(report: Report) -> None:
    text = io.StringIO()
    print_report(report, Console(file=text, width=200))
    assert "after the 20 items before it at most, the second-last among them" in text.getvalue()
    assert "1.0000" in text.getvalue() and "| item-CF | **1.0000**" in to_markdown(report)
    assert grids(report)[0].title == "Recommendation, first 5"


def test_what_cannot_be_asked_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="validation and test, got 'train'"):
        LeaveOneOut("train")
    with pytest.raises(InvalidRequestError, match="history is 0"):
        LeaveOneOut("test", 0)
    with pytest.raises(InvalidRequestError, match="withheld is 1"):
        LeaveOneOut("test", withheld=1)
