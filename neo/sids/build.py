"""Stage 1: from a catalog to its SIDs, and from new items to theirs."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.catalog.strict import parse
from neo.sids.collaborative import collaborative_vectors, mean_of_nearest
from neo.sids.config import SidConfig
from neo.sids.embed import Embedder, load_embedder, make_embedder, save_embedder
from neo.sids.hyperplanes import hyperplane_codebooks
from neo.sids.quantize import ResidualKMeans, Vectors
from neo.sids.siblings import family_vectors, in_order, owners
from neo.sids.table import SidTable, TypeSids, check_shape
from neo.sids.unique import make_unique
from neo_sdk.errors import BundleError, ConfigError

CONFIG_FILE = "sids.json"
TABLE_FILE = "table.safetensors"
VectorsOf = Callable[[np.ndarray], Vectors]  # of catalog rows
Encode = Callable[[ResidualKMeans, Vectors], np.ndarray]  # `ResidualKMeans.encode`, here or elsewhere


@dataclass(frozen=True)
class SidModel:
    """Everything that stage 1 learned, and the table it made.

    vectors: what the items' content was embedded to, by type, in the order of the table's rows. A model that was
    just built may have them; they are not saved.
    """

    config: SidConfig
    embedder: Embedder
    quantizers: Mapping[str, ResidualKMeans]
    table: SidTable
    vectors: Mapping[str, np.ndarray] | None = field(default=None, compare=False, repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of a result should know, such as codebooks that few items could not fill."""
        return tuple(f"{name}: {note}" for name, quantizer in self.quantizers.items() for note in quantizer.notes)

    def centroids(self, type_name: str) -> np.ndarray:
        """float32 [levels, K, dim]; a code that nothing was learned for is a zero vector."""
        self.table.of(type_name)
        return self.quantizers[type_name].codebooks

    def with_vectors(self, catalog: Catalog) -> SidModel:
        """This model with `vectors`: itself if it has them, else its items are embedded once more."""
        if self.vectors is not None:
            return self
        vectors = {name: self.embed(catalog, sids.rows) for name, sids in self.table.types.items()}
        return replace(self, vectors=vectors)

    def embed(self, catalog: Catalog, rows: np.ndarray) -> np.ndarray:
        """float32 [n, dim] for catalog rows."""
        return embed_items(self.embedder, catalog, rows, self.config.parent_weight)

    def assign(self, catalog: Catalog, rows: np.ndarray, popularity: np.ndarray | None = None) -> SidModel:
        """This model with SIDs for new catalog rows. Nothing is retrained and no item that has a SID moves.

        Nobody has met a new item yet: where codes were made from both kinds of vectors, it stands among those who meet
        what its content is nearest to.
        popularity: [len(catalog)], else the catalog's. Raises ConfigError for rows that have SIDs already,
        for a type without codebooks, where the tuples run out, and where the SIDs were read from a file or made from
        nothing but what listeners met.
        """
        if self.config.given is not None:
            raise ConfigError(f"these SIDs were read from {self.config.given}: give new items their codes there")
        if self.config.vectors == "collaborative":
            raise ConfigError("these SIDs were made from what listeners met: learn them again for new items")
        rows = np.asarray(rows, dtype=np.int64)
        popularity = catalog_popularity(catalog) if popularity is None else popularity
        return self.assigned(catalog, rows, at_rows(self.embed(catalog, rows), rows, len(catalog)), popularity)

    def assigned(
        self,
        catalog: Catalog,
        rows: np.ndarray,
        vectors_of: VectorsOf,
        popularity: np.ndarray,
        encode: Encode = ResidualKMeans.encode,
    ) -> SidModel:
        """`assign`, for rows whose vectors are known."""
        table, kept = self.table, None if self.vectors is None else dict(self.vectors)
        types = catalog.type_codes[rows]
        for code in np.unique(types):
            name, mine = catalog.type_names[code], types == code
            if name not in self.quantizers:
                raise ConfigError(
                    f"{mine.sum()} new items are of type {name!r}, which has no SIDs yet: learn SIDs again"
                )
            vectors = vectors_of(rows[mine])
            table = self._add(table, name, catalog, rows[mine], vectors, popularity[rows[mine]], encode)
            if kept is not None:
                order = np.argsort(np.concatenate([self.table.of(name).rows, rows[mine]]), kind="stable")
                kept[name] = np.concatenate([kept[name], vectors[:]])[order]
        return replace(self, table=table, vectors=kept)

    def _add(
        self,
        table: SidTable,
        name: str,
        catalog: Catalog,
        rows: np.ndarray,
        vectors: Vectors,
        popularity: np.ndarray,
        encode: Encode,
    ) -> SidTable:
        quantizer = self.quantizers[name]
        if vectors[:0].shape[1] < quantizer.dim:
            vectors = self._completed(table.of(name), catalog, vectors[:])
        codes = _codes(quantizer, vectors, catalog, rows, popularity, name, table.of(name), encode)
        if self.config.unique == "unique":
            codes = make_unique(codes, vectors, quantizer, table.of(name).codes, popularity, name)
            return table.extended(name, rows, codes)
        order = np.argsort(-np.nan_to_num(popularity, nan=-np.inf), kind="stable")
        return table.extended(name, rows[order], codes[order])

    def _completed(self, known: TypeSids, catalog: Catalog, content: np.ndarray) -> np.ndarray:
        """float32 [n, d]: content vectors, and beside them what listeners will make of these items, as far as the codes
        of their nearest neighbors in content say."""
        books = self.quantizers[catalog.type_of(int(known.rows[0]))].codebooks[:, :, content.shape[1] :]
        meant = np.zeros((len(known), books.shape[2]), dtype=np.float32)
        for level, column in enumerate(known.codes.T):
            meant += books[level, column]
        return np.concatenate([content, mean_of_nearest(content, self.embed(catalog, known.rows), meant)], axis=1)

    def save(self, folder: Path | str) -> None:
        """Write a folder of JSON and safetensors, under a temporary name first; an older one is replaced."""
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        waiting = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
        waiting.mkdir()
        try:
            (waiting / CONFIG_FILE).write_text(self.config.model_dump_json(indent=2) + "\n", encoding="utf-8")
            save_embedder(self.embedder, waiting / "embedder")
            for name, quantizer in self.quantizers.items():
                quantizer.save(waiting / f"quantizer.{name}.safetensors")
            self.table.save(waiting / TABLE_FILE)
            if folder.exists():
                old = folder.with_name(f"{waiting.name}.old")
                folder.rename(old)
                waiting.rename(folder)
                shutil.rmtree(old)
            else:
                waiting.rename(folder)
        finally:
            shutil.rmtree(waiting, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path | str) -> SidModel:
        """What `save` wrote. BundleError where a file is missing, damaged, or does not match the others."""
        folder = Path(folder)
        try:
            values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
            config = parse(SidConfig, values, str(folder / CONFIG_FILE))
        except (OSError, ValueError, ConfigError) as error:
            raise BundleError(f"{folder / CONFIG_FILE}: not a readable SID configuration: {error}") from error
        table = SidTable.load(folder / TABLE_FILE)
        quantizers = {}
        for name, size in table.codebook_sizes.items():
            quantizer = ResidualKMeans.load(folder / f"quantizer.{name}.safetensors")
            if (quantizer.levels, quantizer.codes) != (table.levels, size):
                raise BundleError(
                    f"{folder}: {name} has {table.levels} levels of {size} codes in the table, "
                    f"{quantizer.levels} of {quantizer.codes} in its quantizer: not the files of one model"
                )
            quantizers[name] = quantizer
        return cls(config, load_embedder(folder / "embedder"), quantizers, table)


def catalog_popularity(catalog: Catalog) -> np.ndarray:
    """float64 [n], NaN where the catalog does not know."""
    column = catalog.column("popularity")
    return column.to_numpy().astype(np.float64) if len(column) else np.zeros(0)


def embed_items(embedder: Embedder, catalog: Catalog, rows: np.ndarray, parent_weight: float) -> np.ndarray:
    """float32 [n, dim], length 1: an item's own text, and by `parent_weight` that of its parent if it has one."""
    vectors = embedder.embed(catalog.content_texts(rows))
    parents = catalog.parent_rows[rows]
    have = np.flatnonzero(parents >= 0)
    if not parent_weight or not len(have):
        return vectors
    distinct, where = np.unique(parents[have], return_inverse=True)
    vectors[have] = between(vectors[have], embedder.embed(catalog.content_texts(distinct))[where], parent_weight)
    return vectors


def between(own: np.ndarray, parents: np.ndarray, parent_weight: float) -> np.ndarray:
    """float32 [n, dim], length 1: the vectors of items that have a parent, from theirs and their parents'."""
    mixed = (1 - parent_weight) * own + parent_weight * parents
    return mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), np.finfo(np.float32).tiny)


def at_rows(vectors: np.ndarray, rows: np.ndarray, count: int) -> VectorsOf:
    """The vectors [n, dim] of some catalog rows [n], of `count` in all, by row."""
    places = np.zeros(count, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    return lambda asked: vectors[places[asked]]


def code_vectors(content: np.ndarray, rows: np.ndarray, config: SidConfig, events: Events | None) -> np.ndarray:
    """What the codes are made from, float32 [n, d]: vectors of the content, of what was met together, or of both."""
    if config.vectors == "content":
        return content
    if events is None:
        raise ConfigError(f"sids.vectors={config.vectors} is made from events, and there are none")
    together = collaborative_vectors(events, content, rows, config.dim, config.seed)
    # Side by side, each of length 1: a distance is then the sum of both distances.
    return together if config.vectors == "collaborative" else np.concatenate([content, together], axis=1)


def _quantizer(vectors: Vectors, catalog: Catalog, rows: np.ndarray, name: str, config: SidConfig) -> ResidualKMeans:
    """Learned codebooks; where the last code counts siblings, the others are learned from families of them."""
    size = config.codes_of(name)
    check_shape(config.levels, size)
    whose = owners(catalog, rows)
    fit: Callable[..., ResidualKMeans] = ResidualKMeans.fit if config.quantizer == "k-means" else hyperplane_codebooks
    if config.siblings == "release" and (whose >= 0).mean() > 0.5:
        families = family_vectors(vectors, whose, catalog.dates[rows], size)
        return fit(families, config.levels - 1, size, config.seed).with_counter()
    return fit(vectors, config.levels, size, config.seed)


def _codes(
    quantizer: ResidualKMeans,
    vectors: Vectors,
    catalog: Catalog,
    rows: np.ndarray,
    popularity: np.ndarray,
    name: str,
    taken: TypeSids | None,
    encode: Encode,
) -> np.ndarray:
    """uint16 [n, levels] as quantized, or siblings in order where the quantizer counts; not unique yet."""
    if not quantizer.has_counter:
        return encode(quantizer, vectors)
    before = None if taken is None else (np.asarray(taken.codes), owners(catalog, taken.rows))
    return in_order(vectors, owners(catalog, rows), catalog.dates[rows], quantizer, popularity, before, name)


def build_sids(
    catalog: Catalog,
    config: SidConfig,
    fit_rows: np.ndarray | None = None,
    popularity: np.ndarray | None = None,
    events: Events | None = None,
) -> SidModel:
    """Learn embedding and codebooks from `fit_rows` (all rows, if None); give every item a SID.

    Rows outside fit_rows are what comes after the time cut: nothing is learned from them, and they get what
    tuples are left. popularity: [len(catalog)], NaN for unknown, else the catalog's; it decides who keeps a
    tuple. events: what collaborative vectors are made from. Types without items have no SIDs. Raises ConfigError
    where a catalog and a configuration do not go together, and NotFoundError where the configuration names an
    item type that the catalog does not register.
    """
    rows, later, popularity = to_learn(catalog, config, fit_rows, popularity)
    embedder = make_embedder(config.embedder, catalog.content_texts(rows), config.dim, config.seed)
    every = np.concatenate([rows, later])
    embedded = code_vectors(embed_items(embedder, catalog, every, config.parent_weight), every, config, events)
    vectors_of = at_rows(embedded, every, len(catalog))
    model = learn_codes(catalog, config, embedder, rows, later, popularity, vectors_of)
    if config.vectors != "content":
        return model  # a report is about content, whatever the codes were made from
    return replace(model, vectors={name: vectors_of(sids.rows)[:] for name, sids in model.table.types.items()})


def to_learn(
    catalog: Catalog, config: SidConfig, fit_rows: np.ndarray | None, popularity: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows to learn from and the other ones, int64 ascending, and popularity float64 [len(catalog)]; see
    `build_sids` for the arguments and the errors."""
    rows = np.arange(len(catalog)) if fit_rows is None else np.unique(np.asarray(fit_rows, dtype=np.int64))
    if len(rows) == 0:
        raise ConfigError("there is no item to learn SIDs from: the catalog, or its part before the cut, is empty")
    popularity = catalog_popularity(catalog) if popularity is None else np.asarray(popularity, dtype=np.float64)
    if len(popularity) != len(catalog):
        raise ConfigError(f"popularity has {len(popularity)} values for a catalog of {len(catalog)} items")
    for name in config.codes if isinstance(config.codes, dict) else ():
        catalog.type_code(name)  # a typing error here would go unseen
    later = np.setdiff1d(np.arange(len(catalog)), rows)
    for code in np.setdiff1d(catalog.type_codes[later], catalog.type_codes[rows]):
        raise ConfigError(f"item type {catalog.type_names[code]!r} has items, but none to learn from before the cut")
    return rows, later, popularity


def learn_codes(
    catalog: Catalog,
    config: SidConfig,
    embedder: Embedder,
    rows: np.ndarray,
    later: np.ndarray,
    popularity: np.ndarray,
    vectors_of: VectorsOf,
    encode: Encode = ResidualKMeans.encode,
) -> SidModel:
    """Codebooks and SIDs, once items are embedded; of the catalog only what says nothing is looked at.

    rows, later, popularity: see `to_learn`. The model has no `vectors` of its own.
    """
    types = catalog.type_codes[rows]
    quantizers, members, codes = {}, {}, {}
    for code in np.unique(types):
        name = catalog.type_names[code]
        mine = members[name] = rows[types == code]
        vectors, weight = vectors_of(mine), popularity[mine]
        quantizer = quantizers[name] = _quantizer(vectors, catalog, mine, name, config)
        codes[name] = _codes(quantizer, vectors, catalog, mine, weight, name, None, encode)
        if config.unique == "unique":
            codes[name] = make_unique(codes[name], vectors, quantizer, None, weight, name)
    sizes = {name: quantizer.codes for name, quantizer in quantizers.items()}
    weights = {name: popularity[mine] for name, mine in members.items()}
    model = SidModel(config, embedder, quantizers, SidTable.from_codes(members, codes, sizes, weights))
    return model.assigned(catalog, later, vectors_of, popularity, encode) if len(later) else model
