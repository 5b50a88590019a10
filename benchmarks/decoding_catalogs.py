"""Random catalogs for the decoding benchmark, from ten thousand items to ten million, and what an index of one costs.

    python benchmarks/decoding_catalogs.py --items 10000000 --save index.safetensors

As a script it builds one index in a process of its own, so that its peak memory is its own too, saves it, and prints
what that took as JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neo.decoding.index import SidIndex
from neo.sids.table import SidTable

TYPES, LEVELS, CODES = ("show", "episode", "audiobook"), 4, 256
BITS = 8  # of a code: a tuple of four is one uint32


@dataclass(frozen=True)
class Catalog:
    """Items with random SIDs, no two alike, dealt to the three types.

    What exists is kept here as well as in the index, so that answers are not checked by what they were made with.
    keys: per type uint32 [n], ascending, a tuple's codes as its digits in base 256; rows: int32 [n], of each key.
    """

    items: int
    keys: dict[str, np.ndarray]
    rows: dict[str, np.ndarray]

    @classmethod
    def random(cls, items: int, seed: int) -> Catalog:
        rng = np.random.default_rng([seed, items])
        rows = dict(zip(TYPES, np.array_split(rng.permutation(items).astype(np.int32), len(TYPES)), strict=True))
        return cls(items, {name: _distinct(len(part), rng) for name, part in rows.items()}, rows)

    def codes(self, name: str) -> np.ndarray:
        """uint8 [n, levels], in the order of the keys."""
        return self.keys[name].astype(">u4").view(np.uint8).reshape(-1, LEVELS)

    def groups(self) -> np.ndarray:
        """int64 [items]: a group for each row: those whose type and first code are the same, as the parts of a show."""
        groups = np.full(self.items, -1, dtype=np.int64)
        for kind, name in enumerate(TYPES):
            groups[self.rows[name]] = kind * CODES + self.codes(name)[:, 0].astype(np.int64)
        return groups

    def table(self) -> SidTable:
        return SidTable.from_codes(self.rows, {name: self.codes(name) for name in TYPES}, dict.fromkeys(TYPES, CODES))

    def filtered(self, allowed: np.ndarray) -> Catalog:
        """The items that a bool mask over rows allows."""
        keep = {name: allowed[rows] for name, rows in self.rows.items()}
        keys = {name: part[keep[name]] for name, part in self.keys.items()}
        return Catalog(self.items, keys, {name: part[keep[name]] for name, part in self.rows.items()})

    def row(self, name: str, codes: tuple[int, ...]) -> int:
        """The row of a tuple, -1 where no item has it."""
        if len(codes) != LEVELS or not all(0 <= code < CODES for code in codes):
            return -1
        key = np.uint32(int.from_bytes(bytes(codes), "big"))
        place = int(np.searchsorted(self.keys[name], key))
        found = place < len(self.keys[name]) and self.keys[name][place] == key
        return int(self.rows[name][place]) if found else -1

    def trie_bytes(self) -> int:
        """What the peer's nested dicts take, to the byte, without building them: every dict is counted by its size."""
        grown: dict[int, None] = {}
        sizes = [sys.getsizeof(grown)]  # of a dict with so many entries
        for entry in range(CODES * len(TYPES)):
            grown[entry] = None
            sizes.append(sys.getsizeof(grown))
        by_size, total, first = np.array(sizes), 0, 0
        for keys in self.keys.values():
            first += int(_changes(keys >> BITS * (LEVELS - 1)).sum())
            for level in range(1, LEVELS):
                prefixes = keys >> BITS * (LEVELS - 1 - level)
                parents = prefixes[_changes(prefixes)] >> BITS
                children = np.diff(np.append(np.flatnonzero(_changes(parents)), len(parents)))
                total += int(by_size[children].sum())
        return total + sizes[first]


def _changes(ordered: np.ndarray) -> np.ndarray:
    """bool [n]: where a value is not the one before it."""
    return np.concatenate([np.ones(min(1, len(ordered)), dtype=np.bool_), ordered[1:] != ordered[:-1]])


def _distinct(n: int, rng: np.random.Generator) -> np.ndarray:
    """n different keys of four random bytes, ascending. A few more are drawn than needed and dropped at random."""
    drawn = np.unique(rng.integers(1 << BITS * LEVELS, size=n + n // 50 + 64, dtype=np.uint32))
    return np.delete(drawn, rng.choice(len(drawn), len(drawn) - n, replace=False))


def build_apart(items: int, seed: int, path: Path) -> dict[str, float]:
    """This file as a script: saves an index at `path` and says what it took."""
    command = [sys.executable, __file__, "--items", str(items), "--seed", str(seed), "--save", str(path)]
    took: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, required=True, metavar="FILE", help="where the index is saved")
    options = parser.parse_args()
    started = time.perf_counter()
    table = Catalog.random(options.items, options.seed).table()
    drawn = time.perf_counter()
    index = SidIndex.build(table)
    built = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # of everything so far, imports and table included
    index.save(options.save, table.fingerprint())
    took = {"table_s": drawn - started, "build_s": built - drawn, "save_s": time.perf_counter() - built}
    print(json.dumps({**took, "peak_gb": peak / 1e9, "bytes_per_item": index.nbytes / len(index)}))


if __name__ == "__main__":
    main()
