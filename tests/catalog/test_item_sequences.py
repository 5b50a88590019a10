"""Files in which a row is a listener with a list of items: what is read, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig
from neo.catalog.strict import parse
from neo_sdk import CatalogError, ConfigError

ROWS = st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=5)
COLUMNS = {"listener": "user", "item": {"column": "items", "prefix": "s"}}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def load(folder: Path, rows: list[dict[str, Any]], said: list[str] | None = None, **source: Any) -> Dataset:
    write(folder / "items.jsonl", [{"id": f"s{n}", "title": f"Show {n}"} for n in range(5)])
    path = source.setdefault("path", "sequences.jsonl")
    if path.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), folder / path)
    else:
        write(folder / path, rows)
    events = {"sequences": True, "columns": COLUMNS, **source}
    config = parse(DataConfig, {"items": [{"path": "items.jsonl", "type": "show"}], "events": events}, "data")
    return read_dataset(config, folder, ([] if said is None else said).append)


def problems(folder: Path, rows: list[dict[str, Any]], **source: Any) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(folder, rows, **source)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("path", ["sequences.jsonl", "sequences.parquet"])
@settings(max_examples=20, deadline=None)
@given(lists=ROWS)
def test_every_list_comes_back_in_its_order(
    path: str, lists: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    said: list[str] = []
    rows = [{"user": f"u{n}", "items": items, "shop": "a"} for n, items in enumerate([*lists, [1]])]
    data = load(tmp_path_factory.mktemp("sequences"), rows, said, path=path, where={"shop": "a"})
    for row in rows:
        if row["items"]:
            who = data.listeners.row(row["user"])
            assert [data.catalog.id(int(item)) for item in data.events.history(who)] == [f"s{n}" for n in row["items"]]
            assert data.events.times(who).tolist() == list(range(len(row["items"])))
    empty = sum(not items for items in lists)
    assert any("with an empty sequence" in line for line in said) == bool(empty)
    assert len(data.events) == sum(map(len, lists)) + 1


def test_a_sample_and_a_skip_keep_the_rest_in_order(tmp_path: Path) -> None:
    rows = [{"user": "a", "items": [0, 9, 1]}, {"user": "b", "items": [2]}, {"user": "a", "items": [3, 4]}]
    said: list[str] = []
    data = load(tmp_path, rows, said, on_problem="skip")
    assert data.events.history(data.listeners.row("a")).tolist() == [0, 1]  # the second list is not mixed in
    assert data.events.history(data.listeners.row("b")).tolist() == [2]
    assert any("skipped 2 rows with problems" in line for line in said)


def test_problems_name_the_line(tmp_path: Path) -> None:
    rows = [
        {"user": "a", "items": ["0", "7"]},
        {"user": "b", "items": "0 1"},
        {"user": "c", "items": None},
        {"user": "d", "items": ["1"]},
        {"user": "a", "items": ["1", "2"]},
    ]
    assert problems(tmp_path, rows) == [
        "sequences.jsonl:1 [items] no item has the id 's7'",
        "sequences.jsonl:2 expected a list in 'items', oldest first",
        "sequences.jsonl:3 expected a list in 'items', oldest first",
        "sequences.jsonl:5 [user] the listener 'a' has another sequence, first in sequences.jsonl:1",
    ]
    missing = problems(tmp_path, [{"user": "a", "bought": [1]}])
    assert len(missing) == 1 and "[items] the column is missing" in missing[0]


def test_places_and_times_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"leave columns\.time out"):
        load(tmp_path, [{"user": "a", "items": [1]}], columns={**COLUMNS, "time": "at"})


def test_a_default_stands_where_a_column_is_empty(tmp_path: Path) -> None:
    write(tmp_path / "items.jsonl", [{"id": "a", "title": ""}, {"id": "b", "title": "B"}, {"id": "c"}])
    source = {"path": "items.jsonl", "type": "show"}
    title = {"title": {"column": "title", "default": "Untitled"}}
    config = parse(DataConfig, {"items": [{**source, "columns": title}]}, "data")
    catalog = read_dataset(config, tmp_path).catalog
    assert [catalog.item(row).title for row in range(3)] == ["Untitled", "B", "Untitled"]
    with pytest.raises(ConfigError, match="'default' goes with 'column'"):
        parse(DataConfig, {"items": [{**source, "columns": {"title": {"value": "x", "default": "y"}}}]}, "data")
