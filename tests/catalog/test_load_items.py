from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog import files
from neo.catalog.activity import Dataset
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig
from neo.catalog.strict import parse
from neo_sdk import CatalogError, ConfigError, Problem

ROWS = [
    {"id": "s1", "type": "show", "title": "Star Talk", "topics": ["space", "sky"], "date": "2024-05-01"},
    {"id": "e1", "type": "episode", "title": "1984-01-01", "parent": "s1", "duration": 60, "popularity": 0.5},
    {"id": "b1", "type": "audiobook", "title": "Dune", "description": 'Sand,\nand "spice".', "duration": 7},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows in the format that the path's ending names."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    plain = path.name.removesuffix(".gz")
    if plain.endswith(".parquet"):
        pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
        return path
    text = io.StringIO()
    if plain.endswith(".jsonl"):
        text.writelines(json.dumps(row) + "\n" for row in rows)
    else:
        writer = csv.writer(text)
        writer.writerow(names)
        for row in rows:
            values = [row.get(name) for name in names]
            writer.writerow([",".join(value) if isinstance(value, list) else value for value in values])
    return put(path, text.getvalue().encode())


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def load(folder: Path, *sources: dict[str, Any], said: list[str] | None = None, **more: Any) -> Dataset:
    config = parse(DataConfig, {"items": list(sources), **more}, "data")
    return read_dataset(config, folder, ([] if said is None else said).append)


def problems_of(folder: Path, *sources: dict[str, Any], **more: Any) -> list[Problem]:
    with pytest.raises(CatalogError) as caught:
        load(folder, *sources, **more)
    return caught.value.problems


def lines_of(folder: Path, *sources: dict[str, Any], **more: Any) -> list[str]:
    return [str(problem) for problem in problems_of(folder, *sources, **more)]


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


def test_json_that_is_broken_in_many_ways(tmp_path: Path) -> None:
    lines = [
        b'{"id": "1", "title": "Good"}',
        b"",
        b'{"id": "2", "title": "Cut off',
        b"[1, 2]",
        b'{"id": "3", "title": "caf\xe9"}',
        b'{"id": "4", "title": ["a", "list"], "duration": {"s": 1}}',
        b'{"id": "5", "title": "lone \\ud800"}',
        b'{"id": true, "title": "x"}',
        b'{"id": 6.0, "title": 1984}',
    ]
    put(tmp_path / "a.jsonl", b"\n".join(lines))
    source = {"path": "a.jsonl", "type": "show"}
    said = lines_of(tmp_path, source)
    assert said == [
        "a.jsonl:3 not valid JSON at column 22: Unterminated string starting",
        "a.jsonl:4 expected a JSON object {...}, got '[1, 2]'",
        "a.jsonl:5 not UTF-8: byte 0xe9 at column 26",
        "a.jsonl:6 [title] expected text, got a list",
        "a.jsonl:6 [duration] expected a number, got an object",
        "a.jsonl:8 [id] expected text, got true or false",
    ]
    skipped: list[str] = []
    catalog = load(tmp_path, {**source, "on_problem": "skip"}, said=skipped).catalog
    assert [(catalog.id(row), catalog.title(row)) for row in range(len(catalog))] == [
        ("1", "Good"),
        ("5", "lone \ufffd"),
        ("6", "1984"),
    ]
    assert skipped[0] == "a.jsonl: broken characters replaced in 'title' in 1 row"
    assert skipped[1].splitlines()[0] == "a.jsonl: skipped 5 rows with problems (on_problem: skip)"
    assert skipped[1].splitlines()[-1] == "  ... and 3 more"


def test_csv_that_is_broken_in_many_ways(tmp_path: Path) -> None:
    text = b'id,title\n1,"two\nlines"\n\n2,a,b\n3\n4,caf' + b"\xe9\n" + b'5,"say ""hi"""\n,x\n'
    put(tmp_path / "a.csv", text)
    source = {"path": "a.csv", "type": "show"}
    assert lines_of(tmp_path, source) == [
        "a.csv:5 has 3 fields, the header has 2",
        "a.csv:6 has 1 fields, the header has 2",
        "a.csv:7 not UTF-8",
        "a.csv:9 [id] the id is empty",
    ]
    catalog = load(tmp_path, {**source, "on_problem": "skip"}).catalog
    assert [catalog.title(row) for row in range(len(catalog))] == ["two lines", 'say "hi"']


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty, expected a header line"),
        ("a.csv", b"id,title\n", "the file holds no rows"),
        ("a.csv", b"id;title\n1;x\n", "set 'delimiter'"),
        ("a.csv", b"id,title,id\n1,x,2\n", "names a column twice: 'id'"),
        ("a.csv", "id,title\n1,x\n".encode("utf-16"), "the file is UTF-16"),
        ("a.csv", b'id,title\n1,"a\nb"\n2,"x\n3,y\n', "a quote opened in the record of line 4 is never closed"),
        ("a.csv", b"id,titl\xe9\n1,x\n", "the header line is not UTF-8"),
        ("a.jsonl", b"", "the file holds no rows"),
        ("a.jsonl", b"\n \n", "the file holds no rows"),
        ("a.jsonl", '{"id": 1}'.encode("utf-16"), "the file is UTF-16"),
        ("a.parquet", b"PAR1 but no more", "not a readable Parquet file"),
        ("none.jsonl", None, "the file does not exist"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        put(tmp_path / name, content)
    write(tmp_path / "other.csv", [{"id": "other", "title": ""}])
    said = lines_of(tmp_path, {"path": name, "type": "show"}, {"path": "other.csv", "type": "show"})
    assert message in said[0]
    assert said[1:] == ["other.csv:2 [title] the title is empty"]


def test_a_quote_inside_a_value_is_a_letter(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", b'id,title\n1,5" pipe\n')
    assert load(tmp_path, {"path": "a.csv", "type": "show"}).catalog.title(0) == '5" pipe'


def test_a_key_given_twice_is_told_where_the_reader_notices(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", b'{"id": "1", "id": "2", "title": "x"}\n')
    assert lines_of(tmp_path, {"path": "a.jsonl", "type": "show"}) == ["a.jsonl:1 the JSON gives 'id' twice"]


def test_a_gzip_file_that_is_cut_off(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", ROWS * 200)
    path.write_bytes(path.read_bytes()[:-20])
    assert "damaged or cut off" in lines_of(tmp_path, {"path": "a.jsonl.gz"})[0]
    (tmp_path / "b.jsonl.gz").write_bytes(b"not gzip at all")
    assert "damaged or cut off" in lines_of(tmp_path, {"path": "b.jsonl.gz"})[0]


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


def test_blocks_and_slow_parts_do_not_change_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": f"i{n}", "title": f"T {n}", "topics": ["a", str(n)], "duration": n} for n in range(300)]
    rows[120]["duration"] = "2:00"  # another kind of value: this block is read line by line
    rows[200]["title"] = ""
    rows[280]["title"] = "\udc80"
    path = write(tmp_path / "a.jsonl", rows)
    source = {"path": path.name, "type": "show", "on_problem": "skip"}
    said: list[str] = []
    expected = load(tmp_path, source, said=said).catalog
    assert expected.item(120).duration == 120 and len(expected) == 299
    monkeypatch.setattr(files, "BLOCK", 1024)
    monkeypatch.setattr(files, "SLOW_ROWS", 7)
    again: list[str] = []
    assert load(tmp_path, source, said=again).catalog.fingerprint() == expected.fingerprint()
    assert again == said and "a.jsonl:201" in said[-1]


def test_regular_files_are_read_by_arrow_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("read record by record")

    monkeypatch.setattr(files, "_jsonl_slow", slow)
    monkeypatch.setattr(files, "_csv_slow", slow)
    late = [{"id": f"i{n}", "title": "x", "url": None, "language": None} for n in range(2 * files.SNIFFED_LINES)]
    late[-1] = {"id": "last", "title": "1984-01-01", "url": "https://a.org", "language": "en"}
    for name in ("a.jsonl", "a.csv"):
        write(tmp_path / name, late)
        last = load(tmp_path, {"path": name, "type": "show"}).catalog.item(len(late) - 1)
        assert (last.id, last.title, last.url, last.language) == ("last", "1984-01-01", "https://a.org", "en")


def test_a_column_that_shows_late_and_looks_like_times_stays_text(tmp_path: Path) -> None:
    rows = [{"id": f"i{n}", "title": "x", "creator": None} for n in range(2 * files.SNIFFED_LINES)]
    rows[-1]["creator"] = "1984-01-01"
    write(tmp_path / "a.jsonl", rows)
    assert load(tmp_path, {"path": "a.jsonl", "type": "show"}).catalog.item(len(rows) - 1).creator == "1984-01-01"


def test_csv_blocks_read_fast_and_slow_meet_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": f"i{n}", "title": f'T "{n}",\n{n}'} for n in range(300)]
    path = write(tmp_path / "a.csv", rows)
    with path.open("a") as file:
        file.write("broken\nlast,Last\n")
    monkeypatch.setattr(files, "BLOCK", 1024)
    source = {"path": path.name, "type": "show", "on_problem": "skip"}
    catalog = load(tmp_path, source).catalog
    assert len(catalog) == 301 and catalog.id(300) == "last" and catalog.title(299) == 'T "299", 299'
    assert lines_of(tmp_path, {**source, "on_problem": "stop"}) == ["a.csv:602 has 1 fields, the header has 2"]


def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", b"\xef\xbb\xbfid,title\n1,x\n")
    put(tmp_path / "b.jsonl", b'\xef\xbb\xbf{"id": "2", "title": "y"}\n')
    catalog = load(tmp_path, {"path": "a.csv", "type": "show"}, {"path": "b.jsonl", "type": "show"}).catalog
    assert [catalog.id(0), catalog.id(1)] == ["1", "2"]


def test_other_delimiters(tmp_path: Path) -> None:
    put(tmp_path / "a.tsv", b"id\ttitle\n1\tx, y\n")
    put(tmp_path / "b.csv", b"id;title\n2;x, y\n")
    sources = [{"path": "a.tsv", "type": "show"}, {"path": "b.csv", "type": "show", "delimiter": ";"}]
    catalog = load(tmp_path, *sources).catalog
    assert [catalog.title(0), catalog.title(1)] == ["x, y", "x, y"]


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
