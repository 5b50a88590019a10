"""Listeners' vectors on disk, for whoever reads them: a folder for each space, and one name that says which is in use.

A new space is written whole beside the one in use. To switch is to replace a file that holds a name, in one step: who
opens the store before reads all of the old space, who opens it after all of the new one, and nobody a mixture.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from neo.catalog.columns import write_parquet
from neo.listeners.model import Vectors
from neo_sdk.errors import BundleError, NotFoundError

CURRENT, TABLE = "current", "vectors.parquet"
NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The vectors of one space, and whose they are, in the order of `ids`."""

    ids: tuple[str, ...]
    vectors: Vectors

    def of(self, listener: str, space: str) -> np.ndarray:
        """float32 [dim], for a consumer that was trained on `space`. BundleError for another, NotFoundError for whom
        nothing is stored."""
        values = self.vectors.of(space)
        if listener not in self._places:
            raise NotFoundError(f"no vector of the listener {listener!r} among {len(self.ids)}")
        return values[self._places[listener]]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {listener: place for place, listener in enumerate(self.ids)}


class VectorStore:
    """A folder of spaces."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Writes a space, whole or not at all, beside those that are there.

        Readers notice nothing until `switch`, but for a space in use that is written again: its new vectors take the
        place of the old ones in one step.
        """
        if len(ids) != len(vectors.values):
            raise BundleError(f"{len(ids)} listeners, but {len(vectors.values)} vectors: give one each.")
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.folder))
        try:
            values = np.ascontiguousarray(vectors.values, dtype=np.float32)
            flat = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
            write_parquet(pa.table({"listener": pa.array(list(ids), pa.string()), "vector": flat}), draft / TABLE)
            os.replace(draft / TABLE, _made(self._place(vectors.space)) / TABLE)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def switch(self, space: str) -> None:
        """From now on this space is the one in use. NotFoundError for one that is not there; the old one stays."""
        if not (self._place(space) / TABLE).is_file():
            raise NotFoundError(f"{self.folder} has no space {space}, there are: {', '.join(self.spaces()) or 'none'}")
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.folder))
        try:
            (draft / CURRENT).write_text(space, encoding="ascii")
            os.replace(draft / CURRENT, self.folder / CURRENT)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def current(self) -> Snapshot:
        """The space in use, read whole. NotFoundError where none is yet."""
        try:
            return self.read((self.folder / CURRENT).read_text(encoding="ascii"))
        except FileNotFoundError:
            raise NotFoundError(f"{self.folder} has no space in use: publish one, and switch to it") from None

    def read(self, space: str) -> Snapshot:
        """Any space, in use or kept beside it."""
        path = self._place(space) / TABLE
        if not path.is_file():
            raise NotFoundError(f"{self.folder} has no space {space}, there are: {', '.join(self.spaces()) or 'none'}")
        try:
            table = pq.read_table(path)
            flat = table.column("vector").combine_chunks()
            values = flat.flatten().to_numpy().reshape(len(table), flat.type.list_size)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise BundleError(f"{path} cannot be read: {error}") from error
        return Snapshot(tuple(table.column("listener").to_pylist()), Vectors(space, values))

    def spaces(self) -> tuple[str, ...]:
        """The names of all spaces that are there."""
        return tuple(sorted(path.name for path in self.folder.glob("*") if NAME.fullmatch(path.name)))

    def _place(self, space: str) -> Path:
        if not NAME.fullmatch(space):
            raise BundleError(f"{space!r} is no name of a space, expected 16 hex digits.")
        return self.folder / space


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
