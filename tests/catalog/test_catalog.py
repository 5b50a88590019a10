from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.catalog import Catalog
from neo.catalog.item_types import BUILT_IN, ItemType
from neo_sdk import BundleError, CatalogError, ConfigError, Item, NotFoundError

ROWS = [
    {"id": "s1", "type": "show", "title": "Star Talk", "creator": "Ann", "topics": ["space", "science"]},
    {
        "id": "e1",
        "type": "episode",
        "title": "Moons",
        "parent": "s1",
        "date": dt.date(2024, 5, 1),
        "duration": 60,
    },
    {"id": "b1", "type": "audiobook", "title": "Dune", "description": "Sand.", "extras": '{"pages": 412}'},
    {
        "id": "e2",
        "type": "episode",
        "title": "Suns",
        "parent": "s1",
        "popularity": 0.5,
        "url": "https://a.org/2",
    },
]


def catalog_of(rows: list[dict[str, object]], **options: object) -> Catalog:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    return Catalog.from_table(table, **options)  # type: ignore[arg-type]


@pytest.fixture
def catalog() -> Catalog:
    return catalog_of(ROWS)


def test_rows_ids_and_types(catalog: Catalog) -> None:
    assert len(catalog) == 4
    assert catalog.type_names == ("show", "episode", "audiobook")
    assert catalog.type_codes.tolist() == [0, 1, 2, 1] and catalog.type_codes.dtype == np.int8
    assert catalog.rows_of("episode").tolist() == [1, 3] and catalog.rows_of("episode").dtype == np.int64
    assert catalog.parent_rows.tolist() == [-1, 0, -1, 0] and catalog.parent_rows.dtype == np.int64
    assert (catalog.row("b1"), catalog.id(2), catalog.title(2), catalog.type_of(2)) == (
        2,
        "b1",
        "Dune",
        "audiobook",
    )
    assert catalog.dates[1] == np.datetime64("2024-05-01") and np.isnat(catalog.dates[0])
    assert catalog.extras(2) == {"pages": 412} and catalog.extras(0) == {}


def test_item_is_a_whole_sdk_item(catalog: Catalog) -> None:
    assert catalog.item(3) == Item(
        id="e2", type="episode", title="Suns", parent="s1", popularity=0.5, url="https://a.org/2"
    )
    assert catalog.item(0).topics == ("space", "science")
    assert catalog.item(int(np.int64(1))).date == dt.date(2024, 5, 1)


def test_content_texts_name_the_parent_and_skip_what_is_not_there(catalog: Catalog) -> None:
    expected = ["Star Talk. Ann. space, science", "Moons. Star Talk", "Dune. Sand.", "Suns. Star Talk"]
    assert catalog.content_texts() == expected
    assert catalog.content_texts([3, 0]) == [expected[3], expected[0]]
    assert catalog.content_texts(np.empty(0, np.int64)) == []


def test_unknown_things_are_not_found_and_close_ones_suggested(catalog: Catalog) -> None:
    with pytest.raises(NotFoundError, match=r"'e3'.*close ids: .*'e[12]'"):
        catalog.row("e3")
    with pytest.raises(NotFoundError, match="did you mean 'show'"):
        catalog.rows_of("shows")
    with pytest.raises(NotFoundError, match="did you mean 'title'"):
        catalog.column("titel")
    for row in (-1, 4):
        with pytest.raises(NotFoundError, match="rows 0 to 3"):
            catalog.title(row)


def test_an_id_without_its_prefix_finds_the_one_with_it() -> None:
    catalog = catalog_of([{"id": f"book-{n}", "type": "audiobook", "title": "x"} for n in range(1000, 3000)])
    with pytest.raises(NotFoundError, match="'book-2471'"):
        catalog.row("2471")


def test_all_that_is_wrong_is_told_at_once() -> None:
    rows = [
        {"id": "s1", "type": "show", "title": "A", "parent": "b1"},
        {"id": "s1", "type": "shw", "title": " "},
        {"id": None, "type": "episode", "title": "B", "parent": "gone"},
        {"id": "e1", "type": "episode", "title": "C", "parent": "b1", "duration": -1},
        {
            "id": "b1",
            "type": "audiobook",
            "title": None,
            "url": "javascript:alert(1)",
            "popularity": float("inf"),
        },
    ]
    with pytest.raises(CatalogError) as caught:
        catalog_of(rows)
    assert {(problem.source, problem.column) for problem in caught.value.problems} == {
        ("items row 0", "parent"),
        ("items row 1", "id"),
        ("items row 1", "type"),
        ("items row 1", "title"),
        ("items row 2", "id"),
        ("items row 2", "parent"),
        ("items row 3", "parent"),
        ("items row 3", "duration"),
        ("items row 4", "title"),
        ("items row 4", "url"),
        ("items row 4", "popularity"),
    }
    text = str(caught.value)
    assert "did you mean 'show'" in text and "first in row 0" in text
    assert "of type 'audiobook', expected 'show'" in text and "'show' have no parent" in text


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"id": ["a"], "type": ["show"]}), r"\[title\] the column is missing"),
        (pa.table({"id": ["a"], "type": ["show"], "title": ["x"], "titel": ["x"]}), "did you mean 'title'"),
        (
            pa.table({"id": ["a"], "type": ["show"], "title": ["x"], "date": ["soon"]}),
            r"\[date\] expected date32",
        ),
        (pa.table({"id": [], "type": [], "title": []}), "there are no items"),
    ],
)
def test_a_table_of_another_shape_is_refused(table: pa.Table, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        Catalog.from_table(table)


def test_one_item_is_a_catalog() -> None:
    catalog = catalog_of([{"id": "only", "type": "show", "title": "Alone"}])
    assert (len(catalog), catalog.row("only"), catalog.rows(["x", "only"]).tolist()) == (1, 0, [-1, 0])


def test_a_catalog_brings_its_own_types_and_parents() -> None:
    types = (ItemType("course", "courses"), ItemType("lesson", "lessons", parent="course"))
    rows = [
        {"id": "1", "type": "lesson", "title": "a", "parent": "2"},
        {"id": "2", "type": "course", "title": "b"},
    ]
    catalog = catalog_of(rows, types=types)
    assert (catalog.type_codes.tolist(), catalog.parent_rows.tolist()) == ([1, 0], [1, -1])
    with pytest.raises(ConfigError, match="not among"):
        catalog_of(rows, types=types[1:])


def test_a_dictionary_of_types_in_another_order_is_understood() -> None:
    codes = pa.DictionaryArray.from_arrays(pa.array([1, 0]), pa.array(["audiobook", "show"]))
    catalog = Catalog.from_table(pa.table({"id": ["a", "b"], "type": codes, "title": ["x", "y"]}))
    assert [catalog.type_of(row) for row in (0, 1)] == ["show", "audiobook"]
    assert catalog.type_codes.tolist() == [0, 2]


def test_saving_and_loading_keeps_everything(catalog: Catalog, tmp_path: Path) -> None:
    catalog.save(tmp_path / "new")
    again = Catalog.load(tmp_path / "new")
    assert again.fingerprint() == catalog.fingerprint()
    assert again.types == catalog.types and [again.item(row) for row in range(4)] == [
        catalog.item(row) for row in range(4)
    ]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "catalog.parquet",
        "item_types.json",
    ]


def test_a_damaged_folder_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"item_types.json is missing"):
        Catalog.load(tmp_path)
    catalog.save(tmp_path)
    (tmp_path / "item_types.json").write_text('[{"name": "show", "plural": "shows"}]')
    with pytest.raises(BundleError, match=r"does not list: \['audiobook', 'episode'\]"):
        Catalog.load(tmp_path)
    catalog.save(tmp_path)
    table = tmp_path / "catalog.parquet"
    table.write_bytes(table.read_bytes()[:100])
    with pytest.raises(BundleError, match="cannot be read as Parquet"):
        Catalog.load(tmp_path)
    table.unlink()
    with pytest.raises(BundleError, match=r"catalog.parquet is missing"):
        Catalog.load(tmp_path)


def test_the_fingerprint_is_of_content_and_not_of_chunks(catalog: Catalog) -> None:
    pieces = pa.concat_tables([catalog.table.slice(0, 1), catalog.table.slice(1, 2), catalog.table.slice(3)])
    assert Catalog(pieces, catalog.types).fingerprint() == catalog.fingerprint()
    assert Catalog(catalog.table, catalog.types[::-1]).fingerprint() != catalog.fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Dune 2"},
        {"description": None},
        {"description": ""},
        {"topics": []},
        {"topics": ["a", "b"]},
        {"topics": ["ab"]},
        {"date": dt.date(1970, 1, 1)},
        {"duration": 0},
        {"popularity": 0.0},
        {"type": "show"},
    ],
)
def test_any_change_changes_the_fingerprint(catalog: Catalog, change: dict[str, object]) -> None:
    changed = [{**row, **change} if row["id"] == "b1" else row for row in ROWS]
    assert catalog_of(changed).fingerprint() != catalog.fingerprint()


ids = st.lists(st.text(min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=80, unique=True)


@settings(max_examples=60, deadline=None)
@given(ids, st.lists(st.text(max_size=5), max_size=10), st.integers(0, 100))
def test_rows_equals_brute_force(known: list[str], asked: list[str], seed: int) -> None:
    catalog = catalog_of([{"id": item_id, "type": "show", "title": "x"} for item_id in known])
    asked = [*asked, known[seed % len(known)]]
    expected = [known.index(item_id) if item_id in known else -1 for item_id in asked]
    assert catalog.rows(asked).tolist() == expected
    assert catalog.rows(asked[-1:]).tolist() == expected[-1:]
    assert catalog.rows(pa.array(asked)).tolist() == expected
    for item_id, row in zip(asked, expected, strict=True):
        if row >= 0:
            assert catalog.row(item_id) == row
        else:
            with pytest.raises(NotFoundError):
                catalog.row(item_id)


def test_few_ids_of_many_take_the_short_way_to_the_same_rows() -> None:
    catalog = catalog_of([{"id": f"i{n * 7 % 1000}", "type": "show", "title": "x"} for n in range(1000)])
    asked = ["i3", "nope", "i999", "", "i0"]
    assert len(asked) * 50 < len(catalog)
    assert catalog.rows(asked).tolist() == catalog.rows(pa.array(asked)).tolist()


words = st.text(max_size=8)
item_rows = st.fixed_dictionaries(
    {
        "type": st.sampled_from([item_type.name for item_type in BUILT_IN]),
        "title": words.filter(str.strip),
        "creator": st.none() | words,
        "description": st.none() | words,
        "topics": st.none() | st.lists(words, max_size=3),
        "date": st.none() | st.dates(),
        "duration": st.none() | st.integers(0, 2**31 - 1),
        "popularity": st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(item_rows, min_size=1, max_size=12))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    catalog = catalog_of([{"id": str(number), **row} for number, row in enumerate(rows)])
    folder = tmp_path_factory.mktemp("saved")
    catalog.save(folder)
    again = Catalog.load(folder)
    assert again.table.to_pylist() == catalog.table.to_pylist()
    assert again.fingerprint() == catalog.fingerprint()
    assert len(again.content_texts()) == len(rows)
