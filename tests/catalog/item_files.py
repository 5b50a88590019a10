"""Item files in every format, for tests, and what reading them says."""

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

from neo.catalog.activity import Dataset
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig
from neo.catalog.strict import parse
from neo_sdk import CatalogError, Problem

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
