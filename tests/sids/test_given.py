"""SIDs from a file: taken as they are, and every row that is wrong is told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from neo.catalog.catalog import Catalog
from neo.catalog.item_types import ItemType
from neo.sids.build import SidModel
from neo.sids.config import SidConfig
from neo.sids.given import given_sids
from neo.sids.report import sid_report
from neo_sdk.errors import CatalogError, ConfigError

TYPES = (ItemType("product", "products"), ItemType("course", "courses"))
WORDS = ["red lamp", "red lamp stand", "green lamp", "bread knife", "bread board", "chess clock"]
CATALOG = Catalog.from_table(
    pa.table({"id": [str(n) for n in range(6)], "type": ["product"] * 4 + ["course"] * 2, "title": WORDS}), TYPES
)
CODES = [[0, 1], [0, 1], [0, 2], [3, 0], [1, 1], [1, 0]]  # products 0 and 1 collide


def rows_of(codes: list[list[int]]) -> list[dict[str, Any]]:
    return [{"item_id": str(n), "codes": given} for n, given in enumerate(codes)]


def write(folder: Path, rows: list[dict[str, Any]], name: str = "sids.jsonl") -> SidConfig:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return SidConfig(levels=2, codes={"product": 4, "course": 2}, dim=4, given=folder / name)


def problems(folder: Path, rows: list[dict[str, Any]]) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        given_sids(CATALOG, write(folder, rows))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["sids.jsonl", "sids.jsonl.gz"])
def test_codes_are_those_of_the_file_in_any_order(tmp_path: Path, name: str) -> None:
    popularity = np.array([1.0, 5.0, 0, 0, 0, 0])
    model = given_sids(CATALOG, write(tmp_path, rows_of(CODES)[::-1], name), popularity=popularity)
    assert [list(model.table.codes_of(row)) for row in range(6)] == CODES
    assert model.table.codebook_sizes == {"product": 4, "course": 2}
    assert model.table.row_of("product", (0, 1)) == 1  # of two that collide the more popular one is named
    assert model.table.of("product").stands.tolist() == [False, True, True, True]


def test_a_model_of_given_codes_is_saved_reported_and_not_extended(tmp_path: Path) -> None:
    model = given_sids(CATALOG, write(tmp_path, rows_of(CODES)), fit_rows=np.arange(5))
    model.save(tmp_path / "model")
    loaded = SidModel.load(tmp_path / "model")
    assert loaded.table.fingerprint() == model.table.fingerprint() and loaded.config == model.config
    report = sid_report(loaded, CATALOG)
    assert report["unique"] == "given"
    assert report["types"]["product"]["moved"] is None and report["types"]["product"]["after"]["colliding"] == 2
    with pytest.raises(ConfigError, match="were read from"):
        loaded.assign(CATALOG, np.array([0]))


def test_every_problem_is_told(tmp_path: Path) -> None:
    wrong = [
        {"item_id": "0", "codes": [0, 1]},
        {"item_id": "0", "codes": [0, 2]},
        {"item_id": "1", "codes": [0, 1, 2]},
        {"item_id": "2", "codes": [0, 4]},
        {"item_id": "4", "codes": [2, 0]},
        {"item_id": "9", "codes": [0, 0]},
        {"item_id": None, "codes": [0, 0]},
        {"item_id": "3", "codes": "0 1"},
        {"item_id": "\ud800", "codes": [0, 0]},
    ]
    assert problems(tmp_path, wrong) == [
        "sids.jsonl:2 [item_id] the id '0' is used again, first in line 1",
        "sids.jsonl:3 [codes] expected 2 whole numbers, one a level (sids.levels), got [0, 1, 2]",
        "sids.jsonl:4 [codes] the code 4 is outside 0 to 3 (sids.codes is 4)",
        "sids.jsonl:5 [codes] the code 2 is outside 0 to 1 (sids.codes is 2)",
        "sids.jsonl:6 [item_id] no item has the id '9'",
        "sids.jsonl:7 [item_id] the id is empty",
        "sids.jsonl:8 [codes] expected 2 whole numbers, one a level (sids.levels), got '0 1'",
        "sids.jsonl:9 [item_id] no item has the id '\\\\ud800'",
        "sids.jsonl 1 of 6 items have no codes here: '5'",
    ]


def test_files_that_are_no_table_of_codes(tmp_path: Path) -> None:
    other = problems(tmp_path, [{"asin": "0", "sid": [0, 1]}])
    assert other == ["sids.jsonl expected the columns item_id and codes, the file has: asin, sid"]
    missing = SidConfig(levels=2, codes=4, given=tmp_path / "none.jsonl")
    with pytest.raises(CatalogError, match="does not exist"):
        given_sids(CATALOG, missing)
    with pytest.raises(ConfigError, match="cannot tell the format"):
        given_sids(CATALOG, SidConfig(levels=2, codes=4, given=tmp_path / "sids.npy"))
    with pytest.raises(ConfigError, match="names no file"):
        given_sids(CATALOG, SidConfig(levels=2, codes=4))
    with pytest.raises(ValueError, match="keep one"):
        SidConfig(given=tmp_path / "sids.jsonl", siblings="release")
