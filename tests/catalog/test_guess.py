"""A first YAML for files that nobody described: told from values, then from names, and read by the reader."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from neo.catalog.guess import guess
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig, read_config
from neo.cli import main
from neo_sdk.errors import ConfigError


def written(folder: Path, name: str, lines: list[str], encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def items(mark: str = ";") -> list[str]:
    rows = [
        [
            f"{70_000 + n}",
            f"Course {n} on salt",
            "A long text, about salt and its ways",
            "a|b",
            f"{1 + n % 28:02d}.03.2024",
        ]
        for n in range(60)
    ]
    return [mark.join(row) for row in [["Nr", "Bezeichnung", "Inhalt", "Themen", "seit"], *rows]]


def events(mark: str = ";", time: str = "{day:02d}.04.2024 {hour:02d}:15") -> list[str]:
    rows = [
        [f"{1_000 + n % 20}", f"{70_000 + n * 7 % 60}", time.format(day=1 + n % 28, hour=n % 24), "buy"]
        for n in range(300)
    ]
    return [mark.join(row) for row in [["Kd", "was", "wann", "action"], *rows]]


def read(text: str, folder: Path) -> tuple[DataConfig, list[int]]:
    path = folder / "guessed.yaml"
    path.write_text(text, encoding="utf-8")
    config = read_config(path)
    data = read_dataset(config, folder, print)
    return config, [len(data.catalog), len(data.listeners), len(data.events)]


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
@pytest.mark.parametrize("swapped", [False, True])
def test_odd_names_and_any_delimiter(mark: str, swapped: bool, tmp_path: Path) -> None:
    about = [line.replace("text, about", "text about").replace("a|b", "a/b") for line in items(mark)]
    files = [written(tmp_path, "i.csv", about), written(tmp_path, "e.csv", events(mark))]
    config, counts = read(guess(files[::-1] if swapped else files, "course"), tmp_path)
    assert counts == [60, 20, 300]
    columns = config.items[0].columns
    assert columns.id and columns.title and columns.description and columns.date
    assert (columns.id.column, columns.title.column, columns.description.column) == ("Nr", "Bezeichnung", "Inhalt")
    assert columns.date.format == "%d.%m.%Y" and config.item_types[-1].name == "course"
    did = config.events[0].columns
    assert did.listener and did.item and did.time and did.kind
    assert (did.listener.column, did.item.column, did.time.column) == ("Kd", "was", "wann")
    assert did.time.format == "%d.%m.%Y %H:%M" and did.kind.column == "action"


@pytest.mark.parametrize(
    ("time", "format"),
    [
        ("2024-04-{day:02d}T{hour:02d}:00:00", "auto"),
        ("{day:02d}/04/2024", "%d/%m/%Y"),
        ("04/{day:02d}/2024", "%m/%d/%Y"),
        ("17120{day:02d}0{hour:02d}", "auto"),
    ],
)
def test_times_are_read_as_they_are_written(time: str, format: str, tmp_path: Path) -> None:
    files = [written(tmp_path, "i.csv", items()), written(tmp_path, "e.csv", events(time=time))]
    config, _ = read(guess(files), tmp_path)
    found = config.events[0].columns.time
    assert found is not None and found.format == format


def test_where_day_and_month_could_be_either_it_says_so(tmp_path: Path) -> None:
    both = [
        line.replace("{", "") for line in events(time="0{day}/04/2024") if "/04" not in line or line[-14:-12] != "x"
    ]
    few = [both[0], *[line for line in both[1:] if int(line.split(";")[2][1:-8]) < 10]]
    text = guess([written(tmp_path, "i.csv", items()), written(tmp_path, "e.csv", few)])
    assert "day and month could be the other way round: %m/%d/%Y" in text


def test_json_and_lists_too(tmp_path: Path) -> None:
    rows = [{"key": f"k{n}", "headline": f"Head {n} of it", "tags": ["a", "b"]} for n in range(30)]
    written(tmp_path, "i.jsonl", [json.dumps(row) for row in rows])
    text = guess([tmp_path / "i.jsonl"])
    config, counts = read(text, tmp_path)
    assert counts[0] == 30 and config.items[0].columns.topics is not None


def test_names_and_values_cannot_become_yaml(tmp_path: Path) -> None:
    lines = items()
    lines[0] = "Nr;'a: {b}';Inhalt;\"#x\nroot: /etc\";seit"
    lines[1] = lines[1].replace("Course 0 on salt", "}\u2028root: /etc #")
    config, counts = read(guess([written(tmp_path, "i.csv", lines)]), tmp_path)
    assert config.root == "." and counts[0] == 60


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (items(), [line.replace(";70", ";99") for line in events()], "Cannot tell items from events"),
        (items(), [";".join(line.split(";")[:2]) for line in events()], "no column that reads as dates or times"),
        (["a;b", *(f"{n % 2};{n % 2}" for n in range(9))], None, "no column that is different and filled"),
        (["a;b", *(f"{n};{n % 2}" for n in range(9))], None, "no column of words that hardly repeat"),
        (["a;b"], None, "holds no rows"),
    ],
)
def test_what_cannot_be_told_is_said(one: list[str], other: list[str] | None, says: str, tmp_path: Path) -> None:
    files = [written(tmp_path, "i.csv", one)] + ([] if other is None else [written(tmp_path, "e.csv", other)])
    with pytest.raises(ConfigError, match=says):
        guess(files)


def test_files_that_hold_nothing_or_are_cut_off(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ConfigError, match="holds no rows"):
        guess([tmp_path / "empty.jsonl"])
    whole = gzip.compress(b"\n".join(line.encode() for line in items()))
    for damaged in (whole[:-20], whole[:50] + b"\xff" * 50 + whole[100:]):
        (tmp_path / "cut.csv.gz").write_bytes(damaged)
        with pytest.raises(ConfigError, match="damaged or cut off"):
            guess([tmp_path / "cut.csv.gz"])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(written(tmp_path, "i.csv", items())), str(written(tmp_path, "e.csv", events()))]
    assert main(["catalog", "map", *files, "--type", "course", "--plural", "courses we teach"]) == 0
    assert "plural: courses we teach" in capsys.readouterr().out
    assert main(["catalog", "map", str(tmp_path / "i.txt")]) == 1
    assert "cannot tell the format" in capsys.readouterr().err
    assert main(["catalog", "map", str(tmp_path / "nowhere.csv")]) == 1
    assert "cannot be read" in capsys.readouterr().err
