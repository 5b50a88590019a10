"""Leave-one-out against a walk through the lists themselves: who is asked what, and what nobody may learn from."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from neo.catalog.activity import Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo.evaluation.baseline_methods import baseline_methods
from neo.evaluation.evaluate import evaluate
from neo.evaluation.leave_one_out import LeaveOneOut, left_out_cases
from neo.evaluation.methods import Recommender
from neo.evaluation.report import Report
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


@settings(deadline=None)
@given(SEQUENCES, NAMES, st.integers(1, 25))
def test_cases_are_the_last_and_the_second_last_items(sequences: list[list[int]], name: str, longest: int) -> None:
    expected = {}
    for who, items in enumerate(sequences):
        end = len(items) - (1 if name == "test" else 2)
        if len(items) >= 3 and items[end] not in items[:end]:
            expected[who] = (items[end], TYPES[items[end]], items[:end][-longest:])
    data = dataset_of(sequences)
    cases = left_out_cases(data, LeaveOneOut(name, longest))
    assert {case.listener: (case.target, case.type, case.history.tolist()) for case in cases} == expected
    assert len(cases) == len(expected)
    for case in cases:  # nothing before the first of the history, nothing between its last and the target, is missing
        end = len(sequences[case.listener]) - (1 if name == "test" else 2)
        assert case.times.tolist() == list(range(end - len(case.history), end))
    order = [(TYPES.index(case.type), case.listener) for case in cases]
    assert order == sorted(order)


@settings(deadline=None)
@given(SEQUENCES)
def test_training_has_all_but_the_last_two_events_in_their_order(sequences: list[list[int]]) -> None:
    data = dataset_of(sequences)
    known = TEST.training(data)
    assert len(known.searches) == 0 and known.catalog is data.catalog and known.listeners is data.listeners
    for who, items in enumerate(sequences):
        kept = items[:-2] if len(items) >= 3 else items
        assert known.events.history(who).tolist() == kept
        assert known.events.times(who).tolist() == list(range(len(kept)))
    assert len(known.events) == int(known.events.offsets[-1]) == known.events.offsets.max()
    validating = VALIDATION.training(data).events  # one training serves both
    assert np.array_equal(validating.item, known.events.item)


@settings(deadline=None, max_examples=40)
@given(SEQUENCES, SEQUENCES)
def test_held_out_events_change_no_ranking(sequences: list[list[int]], other: list[list[int]]) -> None:
    long = [items for items in sequences if len(items) >= 3] or [[0, 1, 2]]
    swapped = [[*items[:-2], *(other[who % len(other)] + [0, 1])[:2]] for who, items in enumerate(long)]
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
