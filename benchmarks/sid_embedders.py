"""Which text embedding makes the better SIDs? The SID report's numbers, and what the embedder was not told.

    python benchmarks/sid_embedders.py                                    # a generated starter world
    python benchmarks/sid_embedders.py --catalog runs/starter/data        # a saved dataset or catalog
    python benchmarks/sid_embedders.py --data recipes/data/spoken.yaml --types audiobook --sample 2000

The report judges SIDs in the space that they were made in, so its cosines and neighbors do not compare two
spaces. Therefore also: how often two items that belong together for a reason outside the space get the same
first codes, divided by how often any two items do (the lift). Same creator, and same topics: with SIDs made
from title and description alone. Same listener: met by one listener one after the other, with SIDs made from
all of the text. Coarse codes win shares, not lifts; lifts at 2 codes grow with finer codes, so look at
perplexity beside them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from neo.catalog.activity import Dataset, Events
from neo.catalog.catalog import Catalog
from neo.catalog.load import read_dataset
from neo.catalog.mapping import read_config
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.sids.build import SidModel, build_sids
from neo.sids.config import SidConfig
from neo.sids.report import sid_report
from neo.sids.table import pack_codes

MOST_PAIRS = 200_000
CREATOR_AT_MOST = 50  # items; "Various" is no creator


def main() -> None:
    args = _arguments()
    everything, events = _input(args)
    catalog, heard = _sampled(everything, events, args.types, args.sample, args.seed)
    known, blind = _known_pairs(catalog, heard, args.seed), _blind(catalog)
    kinds = "" if events is None else ", ".join(events.kinds)
    results: dict[str, Any] = {
        "items": len(catalog),
        "levels": args.levels,
        "codes": args.codes,
        "seed": args.seed,
        "event_kinds": kinds,
    }
    for name in args.embedders:
        config = SidConfig(levels=args.levels, codes=args.codes, embedder=name, seed=args.seed)
        start = time.perf_counter()
        model = build_sids(catalog, config)
        seconds = time.perf_counter() - start
        report = sid_report(model, catalog)
        untold = build_sids(blind, config)
        for type_name, numbers in report["types"].items():
            numbers["lifts"] = {
                "creator": _lifts(untold, type_name, known[type_name]["creator"]),
                "topics": _lifts(untold, type_name, known[type_name]["topics"]),
                "listener": _lifts(model, type_name, known[type_name]["listener"]),
            }
        results[name] = {"seconds": seconds, "types": report["types"]}
    for type_name in results[args.embedders[0]]["types"]:
        Console().print(_table(results, args.embedders, type_name))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", type=Path, help="folder of a saved dataset or catalog")
    parser.add_argument("--data", type=Path, help="YAML that says how to read your own files")
    parser.add_argument("--root", help="folder of the files that --data names")
    parser.add_argument("--types", nargs="*", help="only these item types")
    parser.add_argument("--sample", type=int, default=2_000, help="items of a type, at most (default: %(default)s)")
    parser.add_argument("--embedders", nargs="+", default=["lsa", "minilm"], help="lsa, minilm, st:NAME_OR_FOLDER")
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--codes", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write all numbers here")
    return parser.parse_args()


def _input(args: argparse.Namespace) -> tuple[Catalog, Events | None]:
    if args.data:
        dataset = read_dataset(read_config(args.data, args.root), args.data.parent)
        return dataset.catalog, dataset.events
    if args.catalog:
        if not (args.catalog / "events.parquet").exists():
            return Catalog.load(args.catalog), None
        dataset = Dataset.load(args.catalog)
        return dataset.catalog, dataset.events
    config = WorldConfig(seed=args.seed, shows=500, episodes=2_000, audiobooks=500, listeners=1_000)
    dataset = make_world(config).dataset
    return dataset.catalog, dataset.events


def _sampled(
    catalog: Catalog, events: Events | None, types: Sequence[str] | None, count: int, seed: int
) -> tuple[Catalog, list[np.ndarray]]:
    """The catalog with at most `count` items of each wanted type, and the listeners' items in it, by time."""
    rng, rows = np.random.default_rng(seed), []
    for name in types or catalog.type_names:
        all_rows = catalog.rows_of(name)
        rows.append(rng.choice(all_rows, min(count, len(all_rows)), replace=False))
    keep = np.sort(np.concatenate(rows))
    place = np.full(len(catalog), -1)
    place[keep] = np.arange(len(keep))
    heard = [] if events is None else [place[events.history(who)] for who in range(events.n_listeners)]
    table = catalog.table.take(pa.array(keep))
    return Catalog(table, catalog.types), [items[items >= 0] for items in heard]


def _blind(catalog: Catalog) -> Catalog:
    """The catalog with nothing to embed but titles and descriptions."""
    table = catalog.table
    for name in ("creator", "parent", "topics"):
        place = table.schema.get_field_index(name)
        table = table.set_column(
            place, table.schema.field(place), pa.nulls(len(catalog), table.schema.field(place).type)
        )
    return Catalog(table, catalog.types)


def _known_pairs(catalog: Catalog, heard: list[np.ndarray], seed: int) -> dict[str, dict[str, np.ndarray]]:
    """By type and reason: int64 [m, 2], pairs of catalog rows that belong together."""
    rng, found = np.random.default_rng(seed), {}
    creators, topics = catalog.column("creator").to_pylist(), catalog.column("topics").to_pylist()
    for name in catalog.type_names:
        rows = catalog.rows_of(name)
        by_creator: dict[str, list[int]] = {}
        for row in rows.tolist():
            if creators[row]:
                by_creator.setdefault(creators[row], []).append(row)
        same = [
            (a, b) for them in by_creator.values() if len(them) <= CREATOR_AT_MOST for a in them for b in them if a < b
        ]
        drawn = rng.choice(rows, (MOST_PAIRS, 2)) if len(rows) else np.zeros((0, 2), dtype=np.int64)
        alike = [(a, b) for a, b in drawn.tolist() if a != b and _overlap(topics[a], topics[b]) >= 0.5]
        mine = [items[catalog.type_codes[items] == catalog.type_code(name)] for items in heard]
        after = {(min(a, b), max(a, b)) for items in mine for a, b in pairwise(items.tolist())}
        found[name] = {
            reason: np.asarray(sorted(pairs)[:MOST_PAIRS], dtype=np.int64).reshape(-1, 2)
            for reason, pairs in (
                ("creator", same),
                ("topics", alike),
                ("listener", [pair for pair in after if pair[0] != pair[1]]),
            )
        }
    return found


def _overlap(one: list[str] | None, other: list[str] | None) -> float:
    a, b = set(one or ()), set(other or ())
    return len(a & b) / max(len(a | b), 1)


def _lifts(model: SidModel, type_name: str, pairs: np.ndarray) -> dict[str, Any]:
    """How often the pairs share their first 1, 2 codes, and how many times as often as any two items do."""
    sids, shares, lifts = model.table.of(type_name), [], []
    for level in (1, 2):
        keys = pack_codes(np.asarray(sids.codes[:, :level]), sids.size)
        sizes = np.unique(keys, return_counts=True)[1].astype(float)
        chance = (sizes * (sizes - 1)).sum() / max(len(keys) * (len(keys) - 1.0), 1.0)
        ours = keys[sids.positions(pairs.ravel())].reshape(-1, 2)
        share = float((ours[:, 0] == ours[:, 1]).mean()) if len(pairs) else None
        shares.append(share)
        lifts.append(share / chance if share is not None and chance else None)
    return {"pairs": len(pairs), "share": shares, "lift": lifts}


def _table(results: dict[str, Any], embedders: Sequence[str], type_name: str) -> Table:
    numbers = [results[name]["types"][type_name] for name in embedders]
    title = f"{type_name}: {numbers[0]['items']} items, {results['levels']} levels of {results['codes']} codes"
    table = Table("", *embedders, title=title)

    def row(label: str, cells: Sequence[Any], form: str = "{}") -> None:
        table.add_row(label, *("-" if cell is None else form.format(cell) for cell in cells))

    row("seconds (all types)", [results[name]["seconds"] for name in embedders], "{:.1f}")
    row("share a tuple, as quantized", [n["before"]["colliding"] / n["items"] for n in numbers], "{:.1%}")
    row("largest bucket", [n["before"]["largest_bucket"] for n in numbers])
    for level in range(results["levels"]):
        row(f"perplexity, level {level + 1}", [n["usage"][level]["perplexity"] for n in numbers], "{:.1f}")
    row("cosine of random pairs", [n["coherence"]["random"] for n in numbers], "{:.3f}")
    for level in (0, 1):
        row(
            f"cosine, first {level + 1} shared",
            [n["coherence"]["by_level"][level] for n in numbers],
            "{:.3f}",
        )
        row(f"nearest 10 sharing {level + 1}", [n["neighbors"]["by_level"][level] for n in numbers], "{:.3f}")
    reasons = {
        "creator": "same creator",
        "topics": "same topics",
        "listener": f"after each other ({results['event_kinds']})",
    }
    for reason, words in reasons.items():
        for level in (0, 1):
            lifts = [n["lifts"][reason] for n in numbers]
            cells = [_lift_cell(each, level) for each in lifts]
            row(f"{words} sharing {level + 1} (lift), {lifts[0]['pairs']} pairs", cells)
    return table


def _lift_cell(lifts: dict[str, Any], level: int) -> str | None:
    lift = lifts["lift"][level]
    return None if lift is None else f"{lifts['share'][level]:.1%} (x{lift:.1f})"


if __name__ == "__main__":
    main()
