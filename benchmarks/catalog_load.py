"""How long a million items take to load, from JSONL, CSV and Parquet, and how much memory.

    python benchmarks/catalog_load.py --items 1000000

Each format runs in a process of its own, so that its peak memory is its own too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from neo.catalog.catalog import Catalog
from neo.catalog.load import read_dataset
from neo.catalog.mapping import DataConfig

WORDS = (
    "history",
    "science",
    "music",
    "crime",
    "travel",
    "food",
    "money",
    "health",
    "love",
    "war",
    "sea",
    "stars",
)
BATCH = 50_000


def write_files(folder: Path, items: int) -> None:
    """items.jsonl, items.csv and items.parquet with the same shows and episodes: one show in ten."""
    rng = np.random.default_rng(0)
    parquet = csv = None
    with (folder / "items.jsonl").open("w", encoding="utf-8") as lines:
        for start in range(0, items, BATCH):
            rows = [_row(number, rng) for number in range(start, min(start + BATCH, items))]
            lines.writelines(json.dumps(row) + "\n" for row in rows)
            table = pa.Table.from_pylist(rows)
            parquet = parquet or pq.ParquetWriter(folder / "items.parquet", table.schema)
            parquet.write_table(table)
            flat = table.set_column(
                table.column_names.index("topics"), "topics", pa.array([",".join(r["topics"]) for r in rows])
            )
            csv = csv or pa_csv.CSVWriter(folder / "items.csv", flat.schema)
            csv.write_table(flat)
    if parquet is not None and csv is not None:
        parquet.close()
        csv.close()


def _row(number: int, rng: np.random.Generator) -> dict[str, Any]:
    words = [WORDS[place] for place in rng.integers(0, len(WORDS), 40)]
    is_show = number % 10 == 0
    return {
        "id": f"item-{number}",
        "type": "show" if is_show else "episode",
        "title": f"{' '.join(words[:5])} {number}",
        "creator": f"{words[5]} & {words[6]}",
        "description": " ".join(words[7:]),
        "parent": None if is_show else f"item-{number - number % 10}",
        "topics": words[:3],
        "date": f"20{10 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02}",
        "duration": int(number % 7200),
        "popularity": float(number % 997) / 997,
    }


def load(path: Path, expected: int) -> None:
    """Loads one file and prints what it took."""
    start, busy = time.perf_counter(), time.process_time()
    catalog = read_dataset(DataConfig.model_validate({"items": [{"path": str(path)}]}), path.parent).catalog
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if len(catalog) != expected:
        raise SystemExit(f"{path.name}: {len(catalog)} items, expected {expected}")
    held = catalog.table.nbytes / 2**20
    print(
        f"{path.suffix[1:]:8} {seconds:6.1f} s   {busy:.1f} s of CPU   peak {memory:.2f} GiB   "
        f"{held:.0f} MiB of columns",
        flush=True,
    )
    if path.suffix == ".parquet":
        start = time.perf_counter()
        catalog.save(path.parent / "saved")
        saved = time.perf_counter() - start
        start = time.perf_counter()
        again = Catalog.load(path.parent / "saved")
        loaded = time.perf_counter() - start
        print(f"{'saved':8} {saved:6.1f} s   loaded in {loaded:.1f} s")
        start = time.perf_counter()
        again.rows(again.column("id"))
        print(f"{'rows':8} {time.perf_counter() - start:6.1f} s   for all ids at once")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.file:
        load(options.file, options.items)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, options.items)
        for ending in ("jsonl", "csv", "parquet"):
            path = folder / f"items.{ending}"
            command = [sys.executable, __file__, "--items", str(options.items), "--file", str(path)]
            print(f"{path.stat().st_size / 2**20:.0f} MiB of {ending}", flush=True)
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
