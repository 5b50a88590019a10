from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog import fields as module
from neo.catalog.catalog import Catalog
from neo.catalog.filter import matching
from neo_sdk.errors import NotFoundError
from neo_sdk.types import Filter

Row = dict[str, Any]


def catalog_of(rows: list[Row]) -> Catalog:
    """Rows of ITEM_SCHEMA; id and title are made up, extras may be text or what JSON is made of."""
    names = ("type", "creator", "parent", "topics", "date", "duration", "language")
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in names}
    columns["type"] = ["show" if row.get("parent") is None else "episode" for row in rows]
    columns["id"] = [f"i{place}" for place in range(len(rows))]
    extras = [row.get("extras") for row in rows]
    columns["extras"] = [text if text is None or isinstance(text, str) else json.dumps(text) for text in extras]
    return Catalog.from_table(pa.table({**columns, "title": columns["id"]}))


def passing(rows: list[Row], **fields: Any) -> list[int]:
    return np.flatnonzero(matching(catalog_of(rows), Filter(**fields))).tolist()


# Against plain Python

WORDS = st.sampled_from(["a", "A", "b", "é", "e\u0301", "日本", "🎧", "", " ", "%s", "a-b", "3", "true", "\0"])
LANGUAGES = st.sampled_from(["en", "EN", "en-US", "en_gb", "eng", "no", "zh-Hant-TW", "zh-hant", "İ", "-", "en-"])
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 9))
SCALARS = st.one_of(
    WORDS, st.booleans(), st.integers(-1, 4), st.sampled_from([0.5, 3.0, -0.0, 1e16, 2**70, 10**400, float(2**70)])
)
SAID = st.sampled_from([True, False, "Yes", "no", "CLEAN", "explicit", 1, 0, "perhaps", None])
JSON = st.one_of(SCALARS, st.none(), st.lists(st.one_of(SCALARS, st.none(), st.just(["a"]))), st.just({"a": "a"}))
NAMES = st.sampled_from(["tone", "número", "x"])


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


@st.composite
def row_lists(draw: st.DrawFn) -> list[Row]:
    """Shows, and episodes of them. The first item has every attribute, so that all can be asked for."""
    odd = st.sampled_from(["", "[1]", "no JSON", '"x"', '{"x": NaN}', '{"x": "\\ud800"}', '{"x": 1e999}'])
    told = {"tone": JSON, "número": JSON, "x": JSON, "explicit": SAID}
    row = st.fixed_dictionaries(
        {
            "creator": maybe(WORDS),
            "topics": maybe(st.lists(maybe(WORDS), max_size=3)),
            "date": maybe(DAYS),
            "duration": maybe(st.integers(0, 5)),
            "language": maybe(LANGUAGES),
            "extras": st.one_of(st.none(), odd, st.fixed_dictionaries({}, optional=told)),
        }
    )
    rows: list[Row] = draw(st.lists(row, min_size=1, max_size=8))
    rows[0]["extras"] = draw(st.fixed_dictionaries(told))
    shows = draw(st.integers(1, len(rows)))
    for episode in rows[shows:]:
        episode["parent"] = f"i{draw(st.integers(0, shows - 1))}"
    return rows


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=1, max_size=3)


FIELDS = {
    "languages": some(LANGUAGES),
    "creators": some(WORDS.filter(bool)),
    "topics": some(WORDS.filter(bool)),
    "parents": st.just(["i0"]),
    "explicit": st.booleans(),
    "attributes": st.dictionaries(NAMES, st.one_of(SCALARS, some(SCALARS)), min_size=1),
}


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    asked = {name: draw(values) for name, values in FIELDS.items() if draw(st.integers(0, 2)) == 0}
    for (low, high), values in {
        ("released_since", "released_until"): DAYS,
        ("min_duration", "max_duration"): st.integers(0, 5),
    }.items():
        ends = sorted([draw(values), draw(values)])
        asked |= {name: end for name, end in zip((low, high), ends, strict=True) if draw(st.integers(0, 2)) == 0}
    return asked


def same(one: Any, other: Any) -> bool:
    """Values of an attribute: numbers by what they are worth, everything else by how JSON writes it."""
    if isinstance(one, str) == isinstance(other, str):
        return one == other and isinstance(one, bool) == isinstance(other, bool)
    text, value = (one, other) if isinstance(one, str) else (other, one)
    whole = isinstance(value, float) and value == int(value)
    return text == json.dumps(int(value) if whole else value)


def entries(row: Row, name: str) -> list[Any]:
    """The scalars that an item has for an attribute."""
    extras = row["extras"]
    value = extras.get(name) if isinstance(extras, dict) else None
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str | int | float)]


def passes(row: Row, asked: Row) -> bool:
    """What `Filter` promises, for one item."""

    def within(value: Any, low: str, high: str) -> bool:
        if low not in asked and high not in asked:
            return True
        return value is not None and asked.get(low, value) <= value <= asked.get(high, value)

    def speaks(tag: str | None, wanted: str) -> bool:
        tag, wanted = (text.lower().replace("_", "-") for text in (tag or "", wanted))
        return tag != "" and (tag == wanted or tag.startswith(wanted + "-"))

    says = {str(value).lower() for value in entries(row, "explicit")}
    words = {True: {"true", "yes", "explicit", "1"}, False: {"false", "no", "clean", "0"}}
    attributes = {
        name: value if isinstance(value, list) else [value] for name, value in asked.get("attributes", {}).items()
    }
    return (
        ("languages" not in asked or any(speaks(row["language"], wanted) for wanted in asked["languages"]))
        and ("creators" not in asked or row["creator"] in asked["creators"])
        and ("parents" not in asked or row.get("parent") in asked["parents"])
        and ("topics" not in asked or bool(set(row["topics"] or ()) & set(asked["topics"])))
        and within(row["date"], "released_since", "released_until")
        and within(row["duration"], "min_duration", "max_duration")
        and ("explicit" not in asked or bool(says & words[asked["explicit"]]))
        and all(
            any(same(one, two) for one in entries(row, name) for two in wanted) for name, wanted in attributes.items()
        )
    )


@settings(deadline=None, max_examples=300)
@given(row_lists(), filters())
def test_the_mask_equals_a_look_at_each_item(rows: list[Row], asked: dict[str, Any]) -> None:
    assert passing(rows, **asked) == [place for place, row in enumerate(rows) if passes(row, asked)]


@settings(deadline=None)
@given(row_lists(), filters())
def test_no_field_asks_for_anything_and_every_field_only_narrows(rows: list[Row], asked: dict[str, Any]) -> None:
    catalog = catalog_of(rows)
    assert matching(catalog, Filter()).all()
    together = matching(catalog, Filter(**asked))
    apart = [matching(catalog, Filter(**{name: value})) for name, value in asked.items()]
    assert together.tolist() == np.logical_and.reduce([np.ones(len(rows), bool), *apart]).tolist()


def test_a_catalog_without_items_passes_nothing() -> None:
    whole = catalog_of([{"extras": {"tone": "calm"}}])
    empty = Catalog(whole.table.slice(0, 0), whole.types)
    nothing = Catalog(
        pa.table(
            {n: pa.chunked_array([], t.type) for n, t in zip(whole.table.column_names, whole.table.schema, strict=True)}
        ),
        whole.types,
    )
    for catalog in (empty, nothing):
        for fields in (
            {},
            {"languages": ["en"], "creators": ["a"], "topics": ["a"]},
            {"released_since": "2024-01-01", "max_duration": 5},
        ):
            mask = matching(catalog, Filter(**fields))
            assert (mask.dtype, mask.tolist()) == (np.bool_, [])
        with pytest.raises(NotFoundError, match="the catalog has no extras"):
            matching(catalog, Filter(attributes={"tone": "calm"}))


# What it means


def test_a_language_takes_its_regions_and_not_its_namesakes() -> None:
    rows = [{"language": tag} for tag in ("en", "en-US", "EN_gb", "eng", "zh-Hant-TW", None)]
    assert passing(rows, languages=["en"]) == [0, 1, 2]
    assert passing(rows, languages=["en-us"]) == [1]
    assert passing(rows, languages=["zh-hant", "ENG"]) == [3, 4]
    assert passing(rows, languages=["tlh"]) == []


def test_both_ends_of_a_window_pass() -> None:
    days = [dt.date(2024, 5, day) for day in (1, 2, 3)]
    rows = [{"date": day, "duration": day.day} for day in days] + [{}]
    assert passing(rows, released_since="2024-05-02") == passing(rows, min_duration=2) == [1, 2]
    assert passing(rows, released_until=days[1]) == passing(rows, max_duration=2) == [0, 1]
    assert passing(rows, released_since=days[1], released_until=days[1]) == [1]
    assert passing(rows, min_duration=0) == [0, 1, 2]


def test_what_is_not_known_to_be_clean_does_not_pass_as_clean() -> None:
    said = (True, False, "Yes", "NO", "explicit", "clean", 1, 0, None, "perhaps", 2)
    rows = [{"extras": {"explicit": value}} for value in said] + [{}]
    assert passing(rows, explicit=False) == [1, 3, 5, 7]
    assert passing(rows, explicit=True) == [0, 2, 4, 6]


def test_attributes_are_compared_as_they_are_written() -> None:
    values: list[Any] = [3, 3.0, "3", [1, "3"], True, "true", "True", {"3": 3}, None, 3.5]
    rows = [{"extras": {"volume": value}} for value in values]
    assert passing(rows, attributes={"volume": 3}) == passing(rows, attributes={"volume": "3"}) == [0, 1, 2, 3]
    assert passing(rows, attributes={"volume": True}) == [4, 5]
    assert passing(rows, attributes={"volume": ["True", 3.5]}) == [6, 9]
    assert passing(rows, attributes={"volume": "3' OR '1'='1"}) == []


def test_extras_are_read_in_batches_whatever_each_one_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of numbers only, truth values only, texts only; of everything; of rows that are no JSON but together are."""
    monkeypatch.setattr(module, "BATCH", 2)
    extras = ['{"v": 1}', '{"v": 2}', '{"v": 1.0}', '{"v": 1e16}', '{"v": true}', None, '{"v": "1"}', "{}"]
    extras += ['{"v": [1]}', '{"v": null}', '{"v": 1}, {"v": 1}', None, '{"v": [1', "2]}", '{"v": 1, "w": "1"}', None]
    rows = [{"extras": text} for text in extras]
    assert passing(rows, attributes={"v": 1}) == [0, 2, 6, 8, 14]
    assert passing(rows, attributes={"v": [10**16, True]}) == [3, 4]
    assert passing(rows, attributes={"w": 1}) == [14]


def test_several_attributes_hold_together() -> None:
    rows = [{"extras": {"tone": tone, "guest": guest}} for tone in ("calm", "dry") for guest in ("Ann", "Bo")]
    assert passing(rows, attributes={"tone": "calm", "guest": ["Bo", "Cy"]}) == [1]


def test_unknown_names_are_not_found_and_close_ones_suggested() -> None:
    rows = [{"extras": {"tone": "calm", "narrator": "Bo"}}, {}, {"parent": "i1"}]
    assert passing(rows, parents=["i0"]) == []  # an item, only not a parent
    for fields, message in (
        ({"parents": ["i1", "i99"]}, "'i99' among 3"),
        ({"attributes": {"tones": "calm"}}, "no item has the attribute 'tones', did you mean 'tone'?"),
        ({"attributes": {"q" * 999: "calm"}}, "q, there are: tone, narrator"),
        ({"explicit": True}, "no item has the attribute 'explicit'"),
    ):
        with pytest.raises(NotFoundError, match=message.replace("?", "[?]")) as caught:
            passing(rows, **fields)
        assert len(str(caught.value)) < 300


def test_chunks_do_not_matter() -> None:
    rows = [{"language": "en", "topics": ["a", "b"], "extras": {"n": 1}}, {"language": "no", "topics": ["b"]}]
    catalog = catalog_of(rows * 3)
    parts = [catalog.table.slice(start, 2) for start in (4, 2, 0)]
    chunked = Catalog(pa.concat_tables([*parts, catalog.table.slice(0, 1)]), catalog.types)
    for fields in ({"languages": ["en"]}, {"topics": ["a"]}, {"attributes": {"n": 1}}):
        assert matching(chunked, Filter(**fields)).tolist() == [True, False] * 3 + [True]
