"""Files that are broken, cut off, oddly encoded or of several blocks: nothing is lost and nothing goes unsaid."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from item_files import ROWS, lines_of, load, put, write

from neo.catalog import files


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


def test_what_two_of_our_columns_find_wrong_with_one_of_theirs_is_counted_once(tmp_path: Path) -> None:
    put(tmp_path / "a.csv", b"id,title,n\n" + b"".join(b"%d,T,x\n" % row for row in range(4)) + b"9,T,5\n")
    source = {"path": "a.csv", "type": "show", "on_problem": "skip", "columns": {"duration": "n", "popularity": "n"}}
    skipped: list[str] = []
    load(tmp_path, source, said=skipped)
    assert skipped[0].splitlines()[0] == "a.csv: skipped 4 rows with problems (on_problem: skip)"
    assert len(skipped[0].splitlines()) == 5 and skipped[0].splitlines()[-1] == "  ... and 1 more"


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


def test_what_stands_before_the_cut_is_told_with_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 1 << 12)
    noise = random.Random(0)  # that gzip cannot make small
    rows = [{"id": "", "title": "T"}, *({"id": f"i{n}", "title": noise.randbytes(20).hex()} for n in range(16_000))]
    path = write(tmp_path / "a.csv.gz", rows)
    path.write_bytes(path.read_bytes()[:-2_000])
    said = lines_of(tmp_path, {"path": path.name, "type": "show"})
    assert any("damaged or cut off" in line for line in said)
    assert any(line.startswith("a.csv.gz:2 [id]") for line in said)


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
