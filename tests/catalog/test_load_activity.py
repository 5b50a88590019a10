from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig
from neo.catalog.strict import parse
from neo_sdk import CatalogError

ITEMS = [{"id": f"s{n}", "title": f"Show {n}"} for n in range(5)]
EVENTS = [
    {"listener": "u2", "item": "s1", "time": "2024-01-02", "kind": "follow"},
    {"listener": "u1", "item": "s3", "time": 1704067200, "kind": None},
    {"listener": "u2", "item": "s0", "time": "2024-01-01T00:00:00Z"},
]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def load(folder: Path, said: list[str] | None = None, items: dict[str, Any] | None = None, **more: Any) -> Dataset:
    if not (folder / "items.jsonl").exists():
        write(folder / "items.jsonl", ITEMS)
    source = {"path": "items.jsonl", "type": "show", **(items or {})}
    config = parse(DataConfig, {"items": [source], **more}, "data")
    return read_dataset(config, folder, ([] if said is None else said).append)


def lines_of(folder: Path, **options: Any) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(folder, **options)
    return [str(problem) for problem in caught.value.problems]


def test_events_bring_their_listeners(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", EVENTS)
    data = load(tmp_path, events={"path": "events.jsonl"})
    assert [data.listeners.id(row) for row in range(len(data.listeners))] == ["u1", "u2"]
    assert data.events.history(1).tolist() == [0, 1]
    assert data.events.times(1).tolist() == [1704067200, 1704153600]
    assert data.events.kind.to_pylist() == ["play", "play", "follow"]
    assert len(data.searches) == 0


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, shuffler: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("events")
    rows = [{"user": n % 7, "item": f"s{n % 5}", "time": 1000 + n} for n in range(40)]
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    write(folder / "a.jsonl", rows)
    write(folder / "b.jsonl", shuffled)
    columns = {"listener": {"column": "user", "prefix": "u"}, "time": {"column": "time", "format": "epoch"}}
    a, b = (load(folder, events={"path": f"{name}.jsonl", "columns": columns}) for name in "ab")
    assert a.listeners.table.equals(b.listeners.table)
    for listener in range(7):
        mine = [row["item"] for row in rows if f"u{row['user']}" == a.listeners.id(listener)]
        for data in (a, b):
            assert [data.catalog.id(int(row)) for row in data.events.history(listener)] == mine


def test_events_that_name_nothing_are_problems(tmp_path: Path) -> None:
    rows = [
        *EVENTS,
        {"listener": "u1", "item": "s9", "time": 1_700_000_000},
        {"listener": "", "item": None, "time": "soon"},
    ]
    write(tmp_path / "events.jsonl", rows)
    said = lines_of(tmp_path, events={"path": "events.jsonl", "columns": {"kind": {"value": "hear"}}})
    assert said == [
        "events.jsonl:4 [item] no item has the id 's9'",
        "events.jsonl:5 [time] cannot read 'soon' as a date or time",
        "events.jsonl:5 [listener] the listener is empty",
        "events.jsonl:5 [item] the item is empty",
    ]
    skipped: list[str] = []
    data = load(tmp_path, said=skipped, events={"path": "events.jsonl", "on_problem": "skip"})
    assert len(data.events) == 3
    assert skipped[0].startswith("events.jsonl: skipped 2 rows with problems")


def test_a_listeners_file_says_who_there_is(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", EVENTS)
    people = [
        {"id": "u2", "country": "DE", "joined": "2023-05-06", "topics": "art, law"},
        {"id": "u9", "country": None, "joined": None, "topics": None},
    ]
    write(tmp_path / "people.jsonl", people)
    options: dict[str, Any] = {"events": {"path": "events.jsonl"}, "listeners": {"path": "people.jsonl"}}
    assert lines_of(tmp_path, **options) == ["events.jsonl:2 [listener] no listener has the id 'u1'"]
    write(tmp_path / "people.jsonl", [*people, {"id": "u1"}])
    data = load(tmp_path, **options)
    assert [data.listeners.id(row) for row in range(3)] == ["u2", "u9", "u1"]
    assert (data.listeners.country(0), data.listeners.topics(0)) == ("DE", ("art", "law"))
    assert str(data.listeners.joined[0]) == "2023-05-06"
    assert [data.events.history(row).tolist() for row in range(3)] == [[0, 1], [], [3]]
    write(tmp_path / "people.jsonl", [*people, {"id": "u1"}, {"id": "u2"}, {"id": None}])
    assert lines_of(tmp_path, **options) == [
        "people.jsonl:4 [id] the id 'u2' is used again, first in people.jsonl:1",
        "people.jsonl:5 [id] the id is empty",
    ]


def test_listeners_left_out_take_their_events_along(tmp_path: Path) -> None:
    write(tmp_path / "people.jsonl", [{"id": "u1", "country": "DE"}, {"id": "u2", "country": "FR"}])
    write(tmp_path / "events.jsonl", EVENTS)
    said: list[str] = []
    people = {"path": "people.jsonl", "where": {"country": "DE"}}
    data = load(tmp_path, said=said, listeners=people, events={"path": "events.jsonl"})
    assert (len(data.listeners), len(data.events)) == (1, 1)
    assert said == [
        "people.jsonl: 1 row left out by 'where'",
        "events.jsonl: 2 rows left out with their listener",
    ]


def test_items_left_out_take_their_events_along(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", EVENTS)
    said: list[str] = []
    data = load(tmp_path, said=said, items={"where": {"id": ["s0", "s3"]}}, events={"path": "events.jsonl"})
    assert [data.catalog.id(int(row)) for row in data.events.item] == ["s3", "s0"]
    assert said[-1] == "events.jsonl: 1 row left out with their item"


def test_a_sample_of_events_is_one_of_listeners(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", [{"listener": f"u{n % 50}", "item": "s0", "time": n} for n in range(500)])
    columns = {"time": {"column": "time", "format": "epoch"}}
    data = load(tmp_path, events={"path": "events.jsonl", "sample": 0.4, "columns": columns})
    assert 5 < len(data.listeners) < 35
    assert len(data.events) == 10 * len(data.listeners)


def test_several_event_files_are_one_log(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", EVENTS[:2])
    (tmp_path / "b.csv").write_text("user,show,at\nu1,s4,2024-02-01\nu3,s4,02.02.2024\n")
    columns = {"listener": "user", "item": "show", "time": "at", "kind": {"value": "finish"}}
    events = [{"path": "a.jsonl"}, {"path": "b.csv", "columns": columns}]
    assert lines_of(tmp_path, events=events) == ["b.csv:3 [at] cannot read '02.02.2024' as a date or time"]
    data = load(tmp_path, events=[events[0], {**events[1], "on_problem": "skip"}])
    assert data.events.history(0).tolist() == [3, 4]
    assert data.events.kinds == ("finish", "follow", "play")


def test_searches(tmp_path: Path) -> None:
    rows = [
        {"query": "space <b>moons</b>", "item": "s2", "time": 200, "listener": "u5", "kind": "topic"},
        {"query": "show one", "item": "s1", "time": 100},
    ]
    write(tmp_path / "searches.jsonl", rows)
    source = {"path": "searches.jsonl", "columns": {"time": {"column": "time", "format": "epoch"}}}
    data = load(tmp_path, searches=source)
    assert data.searches.query.to_pylist() == ["show one", "space moons"]
    assert (data.searches.listener.tolist(), data.searches.item.tolist()) == ([-1, 0], [1, 2])
    assert data.searches.kind.to_pylist() == ["search", "topic"]
    write(tmp_path / "searches.jsonl", [*rows, {"query": " ", "item": "s7", "time": None}])
    assert lines_of(tmp_path, searches=source) == [
        "searches.jsonl:3 [query] the query is empty",
        "searches.jsonl:3 [time] the time is empty",
        "searches.jsonl:3 [item] no item has the id 's7'",
    ]


def test_an_event_file_without_events_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("listener,item,time\n")
    (tmp_path / "empty.jsonl").write_text("")
    data = load(tmp_path, events=[{"path": "events.csv"}, {"path": "empty.jsonl"}])
    assert (len(data.events), len(data.listeners)) == (0, 0)


def test_problems_of_all_files_come_together_in_their_order(tmp_path: Path) -> None:
    write(tmp_path / "items.jsonl", [*ITEMS, {"id": "s5", "title": ""}])
    write(tmp_path / "events.jsonl", [{"listener": "u", "item": "x", "time": 1_700_000_000}])
    (tmp_path / "searches.csv").write_text("query,thing,time\na,s1,2024-01-01\n")
    said = lines_of(
        tmp_path,
        events=[{"path": "events.jsonl"}, {"path": "none.csv"}],
        searches={"path": "searches.csv"},
    )
    assert said == [
        "items.jsonl:6 [title] the title is empty",
        "events.jsonl:1 [item] no item has the id 'x'",
        "none.csv the file does not exist",
        "searches.csv [item] the column is missing, the file has: query, thing, time",
    ]
