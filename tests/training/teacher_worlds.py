"""Small random catalogs whose names are no English words, so that a name in a text is always a claim."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from neo.catalog.activity import Listeners
from neo.catalog.catalog import Catalog

TOPICS = ["zorvics", "quill mabs", "trennery", "old vashti", "plimming", "hobrin dusk", "ketzing"]
CREATORS = ["Umbra Nexley", "Fyx Tolan", "Oddi Varr"]
TONES = ["glimmy", "sorn", "brusk"]


@dataclass(frozen=True)
class World:
    """The catalog, and the same rows as plain dictionaries for brute force."""

    rows: list[dict]
    catalog: Catalog
    listeners: Listeners

    def parent(self, row: int) -> int:
        ids = [r["id"] for r in self.rows]
        return ids.index(self.rows[row]["parent"]) if self.rows[row]["parent"] else -1

    def topics(self, row: int) -> list[str]:
        found = [topic for r in (row, self.parent(row)) if r >= 0 for topic in self.rows[r]["topics"] or []]
        return list(dict.fromkeys(found))

    def creator(self, row: int) -> str | None:
        parent = self.parent(row)
        return self.rows[row]["creator"] or (self.rows[parent]["creator"] if parent >= 0 else None)

    def tone(self, row: int) -> str | None:
        return json.loads(self.rows[row]["extras"] or "{}").get("tone")


def make_world(seed: int, items: int = 24) -> World:
    """Shows, episodes and audiobooks in mixed order, with fields missing here and there."""
    rng = np.random.default_rng(seed)
    kinds = ["show", *rng.choice(["show", "episode", "episode", "audiobook"], items - 1).tolist()]
    shows = [f"i{i}" for i, kind in enumerate(kinds) if kind == "show"]
    rows = []
    for i, kind in enumerate(kinds):
        some = rng.choice(TOPICS, int(rng.integers(0, 4))).tolist()
        tone = json.dumps({"tone": str(rng.choice(TONES))}) if rng.random() < 0.7 else None
        rows.append(
            {
                "id": f"i{i}",
                "type": kind,
                "title": f"Xitle {'abcdefghijklmnopqrstuvwxyz'[i]}ov",
                "creator": None if rng.random() < 0.3 else str(rng.choice(CREATORS)),
                "parent": str(rng.choice(shows)) if kind == "episode" and rng.random() < 0.9 else None,
                "topics": None if not some and rng.random() < 0.5 else some,
                "duration": None if rng.random() < 0.3 else int(rng.integers(1, 40_000)),
                "extras": tone,
            }
        )
    types = {"topics": pa.list_(pa.string()), "duration": pa.int32()}
    columns = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in rows[0]}
    topics = pa.array([TOPICS[:2], [], None, TOPICS[4:]], pa.list_(pa.string()))
    listeners = Listeners(pa.table({"id": ["a", "b", "c", "d"], "topics": topics}))
    return World(rows, Catalog.from_table(pa.table(columns)), listeners)


def make_history(seed: int, items: int) -> list[int]:
    """From none to 30 events, drawn from few items so that habits show."""
    rng = np.random.default_rng(seed)
    length = int(rng.choice([0, 1, 3, 8, 12, 30]))
    favorites = rng.integers(items, size=max(1, int(rng.integers(1, 9))))
    early = rng.choice(favorites, length)
    return np.where(np.arange(length) >= 0.75 * length, rng.choice(favorites[:2], length), early).tolist()
