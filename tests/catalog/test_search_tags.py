"""Searches made from a column of tags: a search for each of them, without a time."""

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

TAGS = st.lists(st.sampled_from(["owl", "Owl", "sea shanties", " ", "", "\u00fcber"]), max_size=5)
ROWS = st.lists(TAGS | st.none(), min_size=1, max_size=6).filter(lambda rows: any(row is not None for row in rows))


def load(
    folder: Path, rows: list[Any], said: list[str] | None = None, name: str = "items.jsonl", **more: Any
) -> Dataset:
    """Items `s0`, `s1` ... with tags; `more` is of the source of searches."""
    items = [{"id": f"s{n}", "title": f"Show {n}", "tags": tags} for n, tags in enumerate(rows)]
    if name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(items), folder / name)
    else:
        (folder / name).write_text("".join(json.dumps(item) + "\n" for item in items))
    searches = {"path": name, "columns": {"query": "tags", "item": "id", **more.pop("columns", {})}, **more}
    config = parse(DataConfig, {"items": [{"path": name, "type": "show"}], "searches": searches}, "data")
    return read_dataset(config, folder, ([] if said is None else said).append)


def pairs(data: Dataset) -> list[tuple[str, str]]:
    ids = [data.catalog.id(int(row)) for row in data.searches.item]
    return list(zip(data.searches.query.to_pylist(), ids, strict=True))


@pytest.mark.parametrize("name", ["items.jsonl", "items.parquet"])
@settings(max_examples=20, deadline=None)
@given(rows=ROWS)
def test_every_tag_of_a_list_is_a_search(
    name: str, rows: list[list[str] | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    said: list[str] = []
    data = load(tmp_path_factory.mktemp("tags"), rows, said, name)
    expected = [(tag, f"s{n}") for n, tags in enumerate(rows) for tag in tags or () if tag.strip()]
    assert pairs(data) == expected
    assert not data.searches.timed.any() and (data.searches.listener == -1).all()
    bare = sum(not any(tag.strip() for tag in tags or ()) for tags in rows)
    assert [line for line in said if "without a query" in line] == (
        [f"{name}: {bare} row{'s' * (bare != 1)} without a query"] if bare else []
    )
    assert any("no time in" in line for line in said) == bool(expected)


def test_a_text_is_split_where_a_separator_is_given(tmp_path: Path) -> None:
    columns = {"query": {"column": "tags", "separator": "|"}, "kind": {"value": "tag"}}
    data = load(tmp_path, ["owl| sea | ", None, "a, b"], columns=columns)
    assert pairs(data) == [("owl", "s0"), ("sea", "s0"), ("a, b", "s2")]
    assert data.searches.kinds == ("tag",)


def test_a_text_without_a_separator_is_one_search(tmp_path: Path) -> None:
    assert pairs(load(tmp_path, ["owl, sea", "b|c"])) == [("owl, sea", "s0"), ("b|c", "s1")]


def test_lists_and_texts_may_stand_in_one_column(tmp_path: Path) -> None:
    assert pairs(load(tmp_path, [["owl", 47], "sea", None])) == [("owl", "s0"), ("47", "s0"), ("sea", "s1")]


def test_problems_name_the_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        load(tmp_path, [["owl"], [{"name": "sea"}], ["<br>"]])
    assert [str(problem) for problem in caught.value.problems] == [
        "items.jsonl:2 [tags] expected text, got an object",
        "items.jsonl:3 [tags] the query is empty",
    ]


def test_no_text_of_an_item_contains_its_tags(tmp_path: Path) -> None:
    data = load(tmp_path, [["owl"], ["sea"]])
    assert not any("owl" in text or "sea" in text for text in data.catalog.content_texts())


def test_tags_go_with_the_items_that_are_left_out(tmp_path: Path) -> None:
    rows = [{"id": f"s{n}", "title": f"Show {n}", "tags": ["owl"]} for n in range(3)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    items = [{"path": "items.jsonl", "type": "show", "where": {"id": ["s0", "s2"]}}]
    searches = {"path": "items.jsonl", "columns": {"query": "tags", "item": "id"}}
    data = read_dataset(parse(DataConfig, {"items": items, "searches": searches}, "data"), tmp_path, lambda line: None)
    assert pairs(data) == [("owl", "s0"), ("owl", "s2")]


def test_some_times_missing_are_a_mistake_and_none_at_all_are_not(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": "s0", "title": "Show"}\n')
    (tmp_path / "log.csv").write_text("query,item,at\nowl,s0,2024-01-01\nsea,s0,\n")

    def log(**columns: Any) -> Dataset:
        source = {"path": "log.csv", "columns": columns}
        config = parse(DataConfig, {"items": [{"path": "items.jsonl", "type": "show"}], "searches": source}, "data")
        return read_dataset(config, tmp_path, lambda line: None)

    with pytest.raises(CatalogError, match=r"log\.csv:3 \[at\] the time is empty"):
        log(time="at")
    with pytest.raises(CatalogError, match=r"log\.csv \[when\] the column is missing"):
        log(time="when")
    for columns in ({}, {"time": None}):
        assert log(**columns).searches.timed.tolist() == [False, False]


def test_a_query_is_always_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"columns\.query is null, but query is needed"):
        load(tmp_path, [["owl"]], columns={"query": None})


def test_half_a_surrogate_pair_in_a_tag_is_replaced(tmp_path: Path) -> None:
    said: list[str] = []
    assert pairs(load(tmp_path, [["owl", "sea\ud83d"]], said)) == [("owl", "s0"), ("sea\ufffd", "s0")]
    assert any("broken characters replaced in 'query' in 1 row" in line for line in said)


def test_a_sample_of_searches_that_nobody_made_is_one_of_rows(tmp_path: Path) -> None:
    data = load(tmp_path, [["owl", "sea"]] * 400, sample=0.3)
    items = {item for _, item in pairs(data)}
    assert 80 < len(items) < 160 and len(pairs(data)) == 2 * len(items)
