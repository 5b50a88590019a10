"""A saved catalog's texts, and their embeddings, in shards on disk: what is too large for one process's memory.

Shard k holds the catalog rows from k * SHARD on. Texts are cut from the saved catalog in one pass, so whoever embeds a
shard needs no other. An embedding is an item's own: its parent's, maybe of another shard, is mixed in when it is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neo.catalog.catalog import TABLE_FILE, Catalog, content_texts
from neo.catalog.columns import write_parquet
from neo.sids.build import between
from neo.sids.embed import Embedder
from neo.sids.quantize import CHUNK

SHARD = CHUNK  # items: some 16 MB of texts, 64 MB of vectors that are 1,024 wide
SAID = ("title", "creator", "topics", "description")  # the columns that an item's text is made of


def count_of(items: int, shard: int = SHARD) -> int:
    """How many shards there are."""
    return -(-items // shard)


def texts_file(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.parquet"


def vectors_file(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.npy"


def cut_texts(data: Path, catalog: Catalog, folder: Path, wanted: Sequence[int], shard: int = SHARD) -> None:
    """Writes the texts of the `wanted` shards, one file each. data: where the catalog was saved; catalog: the same one,
    narrow. Held in memory are one shard and the titles of parents."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, texts in _texts(data, catalog, np.asarray(wanted), shard):
        write_parquet(pa.table({"text": texts}), texts_file(folder, number))


def some_texts(data: Path, catalog: Catalog, rows: np.ndarray, shard: int = SHARD) -> list[str]:
    """The texts of some catalog rows, ascending."""
    found: list[str] = []
    for number, texts in _texts(data, catalog, np.unique(rows // shard), shard):
        mine = rows[slice(*np.searchsorted(rows, (number * shard, (number + 1) * shard)))]
        found += texts.take(pa.array(mine - number * shard)).to_pylist()
    return found


def _texts(data: Path, catalog: Catalog, wanted: np.ndarray, shard: int) -> Iterator[tuple[int, pa.ChunkedArray]]:
    """The wanted shards by number, and the texts of their items."""
    parents, titles = _parent_titles(data, catalog, shard)
    for number, table in enumerate(_slices(data, SAID, shard)):
        if number in wanted:
            theirs = catalog.parent_rows[number * shard : number * shard + len(table)]
            places = pa.array(np.searchsorted(parents, theirs), mask=theirs < 0)
            yield number, content_texts(table, titles.take(places))


def _parent_titles(data: Path, catalog: Catalog, shard: int) -> tuple[np.ndarray, pa.ChunkedArray]:
    """The rows that are somebody's parent, int64 ascending, and their titles."""
    parents = np.unique(catalog.parent_rows[catalog.parent_rows >= 0])
    parts = []
    for number, table in enumerate(_slices(data, ("title",), shard)):
        first, last = np.searchsorted(parents, (number * shard, number * shard + len(table)))
        parts.append(table.column("title").combine_chunks().take(pa.array(parents[first:last] - number * shard)))
    return parents, pa.chunked_array(parts, pa.string())


def _slices(data: Path, columns: Sequence[str], size: int) -> Iterator[pa.Table]:
    """The saved catalog in slices of `size` rows; the last one may be shorter."""
    waiting: list[pa.RecordBatch] = []
    with pq.ParquetFile(data / TABLE_FILE, memory_map=True) as file:
        for batch in file.iter_batches(batch_size=size, columns=list(columns)):
            waiting.append(batch.select(columns))
            table = pa.Table.from_batches(waiting)
            if len(table) >= size:
                yield table.slice(0, size)
                waiting = table.slice(size).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting)


def embed_shard(embedder: Embedder, texts: Path, vectors: Path, number: int) -> int:
    """From a shard's texts to its vectors; how many there are. They are there at once, or not at all."""
    made = embedder.embed(pq.read_table(texts_file(texts, number)).column("text").to_pylist())
    draft = vectors / f".{number:05d}.{os.getpid()}.npy"
    np.save(draft, made, allow_pickle=False)
    draft.replace(vectors_file(vectors, number))
    return len(made)


@dataclass(frozen=True)
class ShardedVectors:
    """float32 [n, dim]: vectors of catalog rows, read from their shards when they are asked for.

    rows, parents: int64 [n], -1 for no parent; parent_weight: see `embed_items`, whose vectors these are.
    """

    folder: Path
    rows: np.ndarray
    parents: np.ndarray
    parent_weight: float
    dim: int
    shard: int = SHARD

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: Any) -> np.ndarray:
        vectors, parents = self._read(self.rows[places]), self.parents[places]
        have = np.flatnonzero(parents >= 0)
        if self.parent_weight and len(have):
            distinct, where = np.unique(parents[have], return_inverse=True)
            vectors[have] = between(vectors[have], self._read(distinct)[where], self.parent_weight)
        return vectors

    def part(self, start: int, stop: int) -> ShardedVectors:
        """Those of places from start to stop, not read yet."""
        rows, parents = self.rows[start:stop], self.parents[start:stop]
        return ShardedVectors(self.folder, rows, parents, self.parent_weight, self.dim, self.shard)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        vectors, shards = np.empty((len(rows), self.dim), dtype=np.float32), rows // self.shard
        for number in np.unique(shards):
            mine = shards == number
            mapped = np.load(vectors_file(self.folder, int(number)), mmap_mode="r", allow_pickle=False)
            vectors[mine] = mapped[rows[mine] - number * self.shard]
        return vectors
