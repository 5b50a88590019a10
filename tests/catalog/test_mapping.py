from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neo.catalog.mapping import DataConfig, TopicsColumn, read_config
from neo.catalog.strict import parse
from neo_sdk import ConfigError


def config(**item: Any) -> DataConfig:
    return parse(DataConfig, {"items": [{"path": "a.csv", "type": "show", **item}]}, "data")


def test_a_name_alone_stands_for_a_column() -> None:
    columns = config(columns={"topics": "genre", "id": {"column": "key", "prefix": "p-"}}).items[0].columns
    assert columns.topics == TopicsColumn(column="genre", separator=",")
    assert columns.id is not None and columns.id.prefix == "p-"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.jsonl", "jsonl"),
        ("a.ndjson.gz", "jsonl"),
        ("b/a.CSV.gz", "csv"),
        ("a.tsv", "csv"),
        ("a.parquet", "parquet"),
    ],
)
def test_the_ending_tells_the_format(path: str, kind: str) -> None:
    assert config(path=path).items[0].kind == kind


def test_a_format_given_wins_over_the_ending() -> None:
    assert config(path="export.txt", format="csv").items[0].kind == "csv"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"path": "a.xlsx"}, "cannot tell the format of 'a.xlsx'"),
        ({"path": "a.parquet.gz"}, "Parquet is compressed inside"),
        ({"colums": {}}, "unknown key 'colums', did you mean 'columns'"),
        ({"columns": {"titel": "name"}}, "unknown key 'titel', did you mean 'title'"),
        ({"columns": {"date": {"column": "d", "fromat": "iso"}}}, "did you mean 'format'"),
        ({"columns": {"date": {"column": "d", "format": "isoo"}}}, "unknown time format 'isoo'"),
        ({"columns": {"duration": {"column": "d", "unit": "days"}}}, "duration.unit"),
        ({"columns": {"language": {"column": "d", "value": "en"}}}, "either 'column' or 'value'"),
        ({"columns": {"type": "kind"}}, "type is given twice"),
        ({"sample": 0}, "sample.share"),
        ({"sample": 1.5}, "sample.share"),
        ({"sample": {"share": 0.5, "by": "parnt"}}, "expected one of id, parent, got 'parnt'"),
        ({"on_problem": "ignore"}, "'stop' or 'skip'"),
        ({"delimiter": "||"}, "delimiter"),
        ({"type": "shwo"}, "unknown item type 'shwo'.*did you mean 'show'"),
    ],
)
def test_what_cannot_be_meant_is_refused(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(**item)


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([{"name": "Course", "plural": "courses"}], "lower-case"),
        ([{"name": "course", "plural": "courses", "parent": "school"}], "'school', which is not among"),
    ],
)
def test_types_that_cannot_be_are_refused(types: list[dict[str, str]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(DataConfig, {"items": [{"path": "a.csv"}], "types": types}, "data")


def test_built_in_types_can_be_redefined_and_others_added() -> None:
    types = [
        {"name": "episode", "plural": "chapters", "parent": "audiobook"},
        {"name": "course", "plural": "courses"},
    ]
    made = parse(DataConfig, {"items": [{"path": "a.csv"}], "types": types}, "data").item_types
    assert [(entry.name, entry.plural, entry.parent) for entry in made] == [
        ("show", "shows", None),
        ("episode", "chapters", "audiobook"),
        ("audiobook", "audiobooks", None),
        ("course", "courses", None),
    ]


def test_no_items_are_refused() -> None:
    with pytest.raises(ConfigError, match="items"):
        parse(DataConfig, {"items": []}, "data")


def test_one_source_of_events_needs_no_list() -> None:
    one = parse(DataConfig, {"items": [{"path": "a.csv"}], "events": {"path": "e.csv"}}, "data")
    assert [source.path for source in one.events] == ["e.csv"] and one.searches == ()


def test_where_takes_one_value_or_several_of_any_kind() -> None:
    where = config(where={"lang": ["en", "de"], "year": 1999, "explicit": False}).items[0].where
    assert where == {"lang": ("en", "de"), "year": ("1999",), "explicit": ("false",)}


def test_a_configuration_is_read_from_yaml_and_its_root_replaced(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    path.write_text("root: here\nitems: [{path: a.csv}]\n")
    assert (read_config(path).root, read_config(path, root="there").root) == ("here", "there")
