"""Is our item-CF the one whose numbers are known? Leave-one-out on two public sequence sets, per item.

    python benchmarks/item_cf_check.py [--data FOLDER]

The last item of a sequence is the target, everything before it the history (which the ranking looks at 20
deep, and masks whole: targets never repeat there), everything before the second-last item is training. The
folder is $NEO_DATA or ../shared/data beside this repository; each set is a folder with items.jsonl.gz and
sequences.jsonl.gz.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from neo.baselines.item_cf import ItemCF
from neo.baselines.popularity import Popularity
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.catalog.item_types import ItemType
from neo.evaluation.metrics import hit_gain, hits, ndcg_gain

PRODUCT = ItemType("product", "products")
# R@10 and N@10 as they are known. The rule leaves open what equals do, hence "about".
KNOWN = {
    ("amazon-scientific", "item-CF"): (0.1058, 0.0768),
    ("amazon-scientific", "Markov"): (0.0844, 0.0663),
    ("amazon-beauty", "item-CF"): (0.0774, 0.0467),
    ("amazon-beauty", "Markov"): (0.0640, 0.0430),
}


def data_folder() -> Path:
    """Where the public sets lie, if they are here at all."""
    return Path(os.environ.get("NEO_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def read_set(folder: Path) -> tuple[Catalog, list[np.ndarray]]:
    """The catalog, and each user's catalog rows in time order."""
    with gzip.open(folder / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    ids, titles = (
        [item["item_id"] for item in items],
        [item.get("title") or item["item_id"] for item in items],
    )
    table = pa.table({"id": ids, "type": ["product"] * len(ids), "title": titles})
    catalog = Catalog.from_table(table, types=(PRODUCT,))
    with gzip.open(folder / "sequences.jsonl.gz", "rt", encoding="utf-8") as lines:
        sequences = [json.loads(line)["items"] for line in lines]
    rows = catalog.rows(pa.array([item for sequence in sequences for item in sequence]))
    return catalog, np.split(rows, np.cumsum([len(sequence) for sequence in sequences])[:-1])


def as_events(sequences: list[np.ndarray]) -> Events:
    """Sequences without dates: the position stands for the time."""
    listener = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    position = np.concatenate([np.arange(len(sequence)) for sequence in sequences])
    kind = ["bought"] * len(listener)
    return Events.from_arrays(listener, np.concatenate(sequences), position, kind, len(sequences))


def markov_rank(events: Events, histories: list[np.ndarray], popularity: np.ndarray) -> list[np.ndarray]:
    """First-order Markov: what followed the last item of the history, most often first; ten at most."""
    follows: defaultdict[int, Counter[int]] = defaultdict(Counter)
    same = events.listener[1:] == events.listener[:-1]
    for before, after in zip(events.item[:-1][same].tolist(), events.item[1:][same].tolist(), strict=True):
        follows[before][after] += 1
    ranked = []
    for history in histories:
        counts, met = follows[int(history[-1])], set(history.tolist())
        ranked.append(sorted(counts.keys() - met, key=lambda row: (-counts[row], -popularity[row], row))[:10])
    return [np.array(rows, dtype=np.int64) for rows in ranked]


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """For item-CF and Markov: R@5, N@5, R@10, N@10 on the last item of each sequence."""
    catalog, sequences = read_set(folder)
    events = as_events([sequence[:-2] for sequence in sequences])
    histories, targets = (
        [sequence[:-1] for sequence in sequences],
        [np.array(sequence[-1:]) for sequence in sequences],
    )
    popularity = np.bincount(events.item, minlength=len(catalog))
    rankers: dict[str, Callable[[], list[np.ndarray]]] = {
        "item-CF": lambda: ItemCF.fit(events, catalog, fallback=Popularity.fit(events, catalog)).rank(
            histories, "product", 10
        ),
        "Markov": lambda: markov_rank(events, histories, popularity),
    }
    results = {}
    for name, rank in rankers.items():
        started = time.perf_counter()
        found, right = hits(rank(), targets, 10), np.ones(len(targets), dtype=np.int64)
        scores = {f"R@{k}": float(hit_gain(found, k).mean()) for k in (5, 10)}
        scores |= {f"N@{k}": float(ndcg_gain(found, right, k).mean()) for k in (5, 10)}
        results[name] = scores | {"seconds": time.perf_counter() - started}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=data_folder())
    folder = parser.parse_args().data
    for name in ("amazon-scientific", "amazon-beauty"):
        if not (folder / name).is_dir():
            raise SystemExit(f"{folder / name} is missing: pass --data or set NEO_DATA")
        for method, scores in measure(folder / name).items():
            known = "known R@10 {:.4f} N@10 {:.4f}".format(*KNOWN[name, method])
            print(
                f"{name:18} {method:8}",
                *(f"{key} {value:.4f}" for key, value in scores.items()),
                f"({known})",
            )


if __name__ == "__main__":
    main()
