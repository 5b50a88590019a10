from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from item_files import ROWS, lines_of, load, problems_of, write

from neo_sdk import CatalogError, ConfigError


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet", "jsonl.gz", "csv.gz"])
def test_every_format_gives_the_same_catalog(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"items.{ending}", ROWS)
    catalog = load(tmp_path, {"path": f"items.{ending}"}).catalog
    expected = load(tmp_path, {"path": write(tmp_path / "other.jsonl", ROWS).name}).catalog
    assert catalog.fingerprint() == expected.fingerprint()
    assert catalog.title(1) == "1984-01-01"
    assert catalog.item(2).description == 'Sand, and "spice".'
    assert catalog.item(0).topics == ("space", "sky")
    assert str(catalog.dates[0]) == "2024-05-01"
    assert catalog.parent_rows.tolist() == [-1, 0, -1]


def test_columns_of_other_names_and_shapes(tmp_path: Path) -> None:
    rows = [
        {
            "key": 7,
            "name": "<b>One</b>",
            "who": ["Ann", "Bo"],
            "tags": "a|b| a",
            "made": 1999,
            "len": 1.5,
            "n": "NA",
        },
        {"key": 8, "name": "Two", "who": None, "tags": "", "made": 2001, "len": None, "n": "12"},
    ]
    said: list[str] = []
    columns = {
        "id": {"column": "key", "prefix": "show-"},
        "title": "name",
        "creator": "who",
        "topics": {"column": "tags", "separator": "|"},
        "date": {"column": "made", "format": "year"},
        "duration": {"column": "len", "unit": "minutes"},
        "popularity": {"column": "n", "missing": ["NA"]},
        "language": {"value": "en"},
    }
    source = {
        "path": write(tmp_path / "a.jsonl", rows).name,
        "type": "show",
        "columns": columns,
        "extras": ["made", "n"],
    }
    catalog = load(tmp_path, source, said=said).catalog
    one, two = catalog.item(0), catalog.item(1)
    assert (one.id, one.title, one.creator, one.topics) == ("show-7", "One", "Ann, Bo", ("a", "b"))
    assert (str(one.date), one.duration, one.popularity, one.language) == ("1999-01-01", 90, None, "en")
    assert (two.creator, two.topics, two.duration, two.popularity) == (None, (), None, 12.0)
    assert catalog.extras(1) == {"made": 2001, "n": "12"}
    assert said == ["a.jsonl: HTML removed from 'title' in 1 row"]
    assert catalog.type_names == ("show",)


def test_null_leaves_a_column_of_our_name_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [{"id": "1", "title": "x", "duration": "long"}])
    source = {"path": "a.csv", "type": "show"}
    assert lines_of(tmp_path, source) == ["a.csv:2 [duration] expected a number, got 'long'"]
    assert load(tmp_path, {**source, "columns": {"duration": None}}).catalog.item(0).duration is None
    with pytest.raises(ConfigError, match=r"columns.title is null, but title is needed"):
        load(tmp_path, {**source, "columns": {"title": None}})


def test_several_files_with_prefixes_parents_and_a_type_of_another_parent(tmp_path: Path) -> None:
    write(tmp_path / "shows.csv", [{"id": "1", "title": "Show"}])
    write(tmp_path / "books.jsonl.gz", [{"id": 1, "title": "Book"}])
    write(tmp_path / "chapters.parquet", [{"id": 1, "title": "Chapter", "book": 1}])
    sources = [
        {"path": "shows.csv", "type": "show"},
        {
            "path": "books.jsonl.gz",
            "type": "audiobook",
            "columns": {"id": {"column": "id", "prefix": "book-"}},
        },
        {
            "path": "chapters.parquet",
            "type": "episode",
            "columns": {
                "id": {"column": "id", "prefix": "ch-"},
                "parent": {"column": "book", "prefix": "book-"},
            },
        },
    ]
    types = [{"name": "episode", "plural": "episodes", "parent": "audiobook"}]
    catalog = load(tmp_path, *sources, types=types).catalog
    assert [catalog.id(row) for row in range(3)] == ["1", "book-1", "ch-1"]
    assert catalog.parent_rows.tolist() == [-1, -1, 1]
    assert lines_of(tmp_path, *sources) == [
        "chapters.parquet:1 [book] the parent 'book-1' is of type 'audiobook', expected 'show'"
    ]


BAD = [
    {"id": "a", "type": "show", "title": "Fine"},
    {"id": "b", "type": "show", "title": ""},
    {"id": "a", "type": "show", "title": "Again"},
    {"id": "c", "type": "sho", "title": "Typo"},
    {"id": "d", "type": "episode", "title": "Lost", "parent": "gone"},
    {"id": "e", "type": "show", "title": "When", "date": "2023-02-30"},
    {"id": "f", "type": "show", "title": "Long", "duration": "-5"},
    {"id": "", "type": "show", "title": "Nobody"},
]


@pytest.mark.parametrize(("ending", "first"), [("jsonl", 1), ("csv", 2), ("csv.gz", 2), ("parquet", 1)])
def test_everything_wrong_is_told_with_its_line(tmp_path: Path, ending: str, first: int) -> None:
    name = write(tmp_path / f"bad.{ending}", BAD).name
    said = [(p.line, p.column, p.message.split(",")[0]) for p in problems_of(tmp_path, {"path": name})]
    assert said == [
        (first + 1, "title", "the title is empty"),
        (first + 2, "id", "the id 'a' is used again"),
        (first + 3, "type", "unknown item type 'sho'"),
        (first + 4, "parent", "no item has the id of the parent 'gone'"),
        (first + 5, "date", "cannot read '2023-02-30' as a date or time"),
        (first + 6, "duration", "the duration is negative: -5 seconds"),
        (first + 7, "id", "the id is empty"),
    ]
    text = str(problems_of(tmp_path, {"path": name})[1])
    assert text.endswith(f"first in {name}:{first}")


def test_a_duplicate_across_files_names_both(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [{"id": "1", "title": "x"}])
    write(tmp_path / "b.jsonl", [{"id": "2", "title": "y"}, {"id": "1", "title": "z"}])
    sources = [{"path": "a.csv", "type": "show"}, {"path": "b.jsonl", "type": "show"}]
    assert lines_of(tmp_path, *sources) == ["b.jsonl:2 [id] the id '1' is used again, first in a.csv:2"]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_missing_column_is_told_once_and_not_for_each_row(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"a.{ending}", [{"key": "1", "titel": "x"}, {"key": "2", "titel": "y"}])
    source = {
        "path": f"a.{ending}",
        "type": "show",
        "columns": {"id": "key", "date": "day"},
        "extras": ["isbn"],
    }
    said = lines_of(tmp_path, source)
    assert said == [
        f"a.{ending} [title] the column is missing, the file has: key, titel, did you mean 'titel'?",
        f"a.{ending} [day] the column is missing, the file has: key, titel",
        f"a.{ending} [isbn] the column is missing, the file has: key, titel",
    ]


def test_a_file_that_two_tables_name_is_missing_once(tmp_path: Path) -> None:
    sources = [{"path": "all.csv", "type": "show"}, {"path": "all.csv", "type": "audiobook"}]
    assert lines_of(tmp_path, *sources) == ["all.csv the file does not exist"]


def test_children_are_not_blamed_for_a_parents_file_that_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "episodes.csv", [{"id": "e", "title": "x", "parent": "s"}])
    sources = [{"path": "shows.csv", "type": "show"}, {"path": "episodes.csv", "type": "episode"}]
    assert lines_of(tmp_path, *sources) == ["shows.csv the file does not exist"]


def test_skipping_a_parent_takes_its_children_along_and_says_so(tmp_path: Path) -> None:
    rows = [
        {"id": "s", "type": "show", "title": ""},
        {"id": "t", "type": "show", "title": "Kept"},
        {"id": "e", "type": "episode", "title": "With s", "parent": "s"},
        {"id": "f", "type": "episode", "title": "With t", "parent": "t"},
    ]
    write(tmp_path / "a.jsonl", rows)
    said: list[str] = []
    catalog = load(tmp_path, {"path": "a.jsonl", "on_problem": "skip"}, said=said).catalog
    assert [catalog.id(row) for row in range(len(catalog))] == ["t", "f"]
    assert said == [
        "a.jsonl: 1 row left out with their parent",
        "a.jsonl: skipped 1 row with problems (on_problem: skip)\n  a.jsonl:1 [title] the title is empty",
    ]


def test_skipping_everything_leaves_no_catalog(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [{"id": "1", "title": ""}])
    source = {"path": "a.csv", "type": "show", "on_problem": "skip"}
    assert "no items are left" in lines_of(tmp_path, source)[0]


def test_where_keeps_rows_by_value(tmp_path: Path) -> None:
    rows = [{"id": str(n), "title": "x", "lang": ["en", "de", None][n % 3], "adult": n > 3} for n in range(6)]
    write(tmp_path / "a.jsonl", rows)
    said: list[str] = []
    source = {"path": "a.jsonl", "type": "show", "where": {"lang": ["en", "de"], "adult": False}}
    catalog = load(tmp_path, source, said=said).catalog
    assert [catalog.id(row) for row in range(len(catalog))] == ["0", "1", "3"]
    assert said == ["a.jsonl: 3 rows left out by 'where'"]


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.05, 1), seed=st.integers(0, 5), turn=st.integers(0, 400))
def test_a_sample_is_stable_and_agrees_between_files(
    tmp_path_factory: pytest.TempPathFactory, share: float, seed: int, turn: int
) -> None:
    folder = tmp_path_factory.mktemp("sample")
    books = [{"id": str(n), "title": f"b{n}"} for n in range(40)]
    chapters = [{"id": f"c{n}", "title": f"c{n}", "book": str(n % 40)} for n in range(400)]
    write(folder / "books.csv", books)
    write(folder / "chapters.csv", chapters[turn:] + chapters[:turn])
    sample = {"share": share, "seed": seed}
    sources = [
        {"path": "books.csv", "type": "audiobook", "sample": sample},
        {"path": "chapters.csv", "type": "episode", "sample": sample, "columns": {"parent": "book"}},
    ]
    types = [{"name": "episode", "plural": "episodes", "parent": "audiobook"}]
    try:
        catalog = load(folder, *sources, types=types).catalog
    except CatalogError as error:
        assert "no items are left" in str(error)
        return
    kept = {catalog.id(int(row)) for row in catalog.rows_of("audiobook")}
    assert sorted(catalog.id(int(row)) for row in catalog.rows_of("episode")) == sorted(
        f"c{n}" for n in range(400) if str(n % 40) in kept
    )
    whole = load(folder, {**sources[0], "sample": {**sample, "share": min(1.0, share * 1.2)}}).catalog
    assert kept <= {whole.id(row) for row in range(len(whole))}


def test_a_sample_has_about_its_share(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [{"id": str(n), "title": "x"} for n in range(5000)])
    catalog = load(tmp_path, {"path": "a.csv", "type": "show", "sample": 0.3}).catalog
    assert 1350 < len(catalog) < 1650


def test_children_of_parents_left_out_by_a_sample_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "shows.csv", [{"id": str(n), "title": "x"} for n in range(50)])
    write(tmp_path / "episodes.csv", [{"id": f"e{n}", "title": "x", "parent": str(n)} for n in range(50)])
    said: list[str] = []
    sources = [
        {"path": "shows.csv", "type": "show", "sample": 0.5},
        {"path": "episodes.csv", "type": "episode"},
    ]
    catalog = load(tmp_path, *sources, said=said).catalog
    shows, episodes = catalog.rows_of("show"), catalog.rows_of("episode")
    assert catalog.parent_rows[episodes].tolist() == shows.tolist()
    assert said[1] == f"episodes.csv: {50 - len(shows)} rows left out with their parent"


def test_control_words_in_a_catalog_stay_what_they_are_text(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [{"id": "<|sid|>", "title": "<|end|> <|sid|>"}])
    catalog = load(tmp_path, {"path": "a.jsonl", "type": "show"}).catalog
    assert (catalog.id(0), catalog.title(0)) == ("<|sid|>", "<|end|> <|sid|>")


def test_types_without_items_are_not_carried_along(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", [{"id": "1", "title": "x"}])
    declared = [{"name": "course", "plural": "courses"}]
    assert load(tmp_path, {"path": "a.csv", "type": "episode"}).catalog.type_names == ("show", "episode")
    assert load(tmp_path, {"path": "a.csv", "type": "show"}, types=declared).catalog.type_names == (
        "show",
        "course",
    )


def test_a_sample_of_one_file_keeps_shows_with_their_episodes_and_leaves_others_out(tmp_path: Path) -> None:
    shows = [{"id": str(n), "title": "x", "kind": "show", "parent": ""} for n in range(60)]
    episodes = [{"id": f"e{n}", "title": "x", "kind": "episode", "parent": str(n % 60)} for n in range(120)]
    write(tmp_path / "all.csv", [*shows, *episodes])
    catalog = load(
        tmp_path, {"path": "all.csv", "columns": {"type": "kind", "parent": "parent"}, "sample": 0.5}
    ).catalog
    kept = {catalog.id(int(row)) for row in catalog.rows_of("show")}
    assert 15 < len(kept) < 45
    assert {catalog.id(int(row)) for row in catalog.rows_of("episode")} == {
        f"e{n}" for n in range(120) if str(n % 60) in kept
    }
