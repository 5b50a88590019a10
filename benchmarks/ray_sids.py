"""What SIDs of many items take in memory: in one process, and with Ray's embedders shard by shard.

    python benchmarks/ray_sids.py --items 50000 200000

Items are generated: shows and episodes with some 900 bytes of text each. Both ways learn LSA from the same sample, and
their tables are compared. Each runs in a process of its own, looked at every tenth of a second. What counts is
its own memory (Linux's RssAnon): files that lie mapped, and may go at any time, do not.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neo.catalog.catalog import TABLE_FILE, Catalog
from neo.evaluation.machine import this_machine
from neo.sids import lsa
from neo.sids.build import build_sids
from neo.sids.config import SidConfig

BATCH, WORDS, SUBJECTS = 10_000, 130, 400
CONFIG = SidConfig(levels=3, codes=128, dim=256, parent_weight=0.5)


def write_catalog(folder: Path, items: int) -> None:
    """A saved catalog, one show to nine episodes, written batch by batch."""
    rng = np.random.default_rng(0)
    words = np.array(
        [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("nd", "rk", "st", "la", "mo", "x")]
    )
    about = rng.choice(words, (SUBJECTS, 12))
    template = pa.table({"id": ["show-0"], "type": ["show"], "title": ["one"]})
    Catalog.from_table(template).save(folder)
    schema = pq.read_schema(folder / TABLE_FILE)
    with pq.ParquetWriter(folder / TABLE_FILE, schema, compression="zstd") as file:
        for start in range(0, items, BATCH):
            rows = np.arange(start, min(start + BATCH, items))
            subject = rng.integers(SUBJECTS, size=len(rows))
            said = np.where(rng.random((len(rows), WORDS)) < 0.3, about[subject][:, rng.integers(12, size=WORDS)], "")
            said = np.where(said == "", rng.choice(words, said.shape), said)
            is_show = rows % 10 == 0
            columns = {
                "id": pa.array([f"item-{row}" for row in rows]),
                "type": pa.DictionaryArray.from_arrays(
                    pa.array(np.where(is_show, 0, 1), pa.int8()), ["show", "episode", "audiobook"]
                ),
                "title": pa.array([" ".join(some[:4]) for some in said]),
                "description": pa.array([" ".join(some) for some in said], pa.large_string()),
                "parent": pa.array(
                    [None if own else f"item-{row - row % 10}" for row, own in zip(rows, is_show, strict=True)]
                ),
            }
            file.write_table(
                pa.table([columns.get(f.name, pa.nulls(len(rows), f.type)) for f in schema], schema=schema)
            )


def in_one_process(folder: Path) -> str:
    return build_sids(Catalog.load(folder), CONFIG).table.fingerprint()


def with_ray(folder: Path, embedders: int) -> str:
    from neo.ray_start import import_ray
    from neo.sids.ray_build import RayBuild

    ray = import_ray("data")
    ray.init("local", include_dashboard=False, object_store_memory=200 << 20, logging_level=logging.ERROR, num_cpus=2)
    work = folder / "sids"
    return RayBuild(folder, Catalog.load(folder, narrow=True), CONFIG, work, embedders).sids().table.fingerprint()


def measured(way: str, folder: Path, embedders: int, sample: int) -> dict[str, object]:
    """Runs a way in a process of its own, and looks at it and all that it starts."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--embedders", str(embedders)]
    command += ["--sample", str(sample)]
    began, peaks = time.perf_counter(), {"driver": 0, "largest worker": 0, "workers": 0, "all": 0}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while process.poll() is None:
            now = _memory(process.pid)
            peaks = {name: max(peaks[name], now[name]) for name in peaks}
            time.sleep(0.1)
        assert process.stdout is not None
        last = process.stdout.read().splitlines()[-1:]
    assert process.returncode == 0 and last, f"{way} failed"
    return {"seconds": time.perf_counter() - began, "table": last[0], **{k: v / 1e6 for k, v in peaks.items()}}


def _memory(root: int) -> dict[str, int]:
    """Bytes of memory of their own: of a process, of Ray's workers below it, and of everything below it."""
    parents, own, worker = {}, {}, set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            pid = int(fields["Pid"])
            parents[pid] = int(fields["PPid"])
            own[pid] = int(fields.get("RssAnon", "0 kB").split()[0]) << 10
            if (status.parent / "cmdline").read_bytes().startswith(b"ray::"):
                worker.add(pid)
        except (OSError, KeyError, ValueError):  # it has just ended
            continue
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below and pid not in below}:
        below |= more
    works = [own[pid] for pid in below & worker]
    return {
        "driver": own.get(root, 0),
        "largest worker": max(works, default=0),
        "workers": sum(works),
        "all": sum(own[pid] for pid in below if pid in own),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--embedders", type=int, default=1)
    parser.add_argument("--sample", type=int, default=10_000, help="texts that LSA learns from; its own cap is 200,000")
    parser.add_argument("--way", choices=("one", "ray"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        lsa.FIT_TEXTS = options.sample
        print(in_one_process(options.folder) if options.way == "one" else with_ray(options.folder, options.embedders))
        return
    print(
        f"{this_machine().processor}, {this_machine().cores} cores; {CONFIG.dim} wide; "
        f"LSA learns from {options.sample:,} texts"
    )
    for items in options.items:
        with tempfile.TemporaryDirectory() as where:
            folder = Path(where)
            write_catalog(folder, items)
            found = {way: measured(way, folder, options.embedders, options.sample) for way in ("one", "ray")}
        same = found["one"].pop("table") == found["ray"].pop("table")
        print(f"{items:,} items; tables {'the same' if same else 'DIFFER'}")
        for way, numbers in found.items():
            print(f"  {way}: {json.dumps({name: round(float(str(n))) for name, n in numbers.items()})} (MB, s)")


if __name__ == "__main__":
    main()
