"""Stage 1 for catalogs beyond one process's memory: Ray Data has a pool of embedders fill shards, and assigns them.

The pool embeds shard by shard; k-means learns from the sample that it would take of all vectors; a shard's codes are a
function of its vectors and the codebooks; making codes unique sees all codes at once, and vectors of those alone that
move. What is learned and assigned is `learn_codes`, the code of the one-process way, so the table is the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from neo.catalog.catalog import Catalog
from neo.ray_start import ray_session
from neo.sids.build import SidModel, VectorsOf, learn_codes, to_learn
from neo.sids.config import SidConfig
from neo.sids.embed import Embedder, load_embedder, make_embedder, save_embedder
from neo.sids.lsa import LsaEmbedder, learned_from
from neo.sids.quantize import CHUNK, ResidualKMeans, Vectors
from neo.sids.report import sid_report
from neo.sids.shards import SHARD, ShardedVectors, count_of, cut_texts, embed_shard, some_texts, vectors_file
from neo_sdk.errors import ConfigError

EMBEDDER, TEXTS, VECTORS = "embedder", "texts", "vectors"


class RayBuild:
    """A catalog's stage 1 in a folder of its own, where shards that are there already are kept.

    data: the folder that the catalog was saved to. folder: for the shards; on a cluster all machines see both under the
    same path. embedders: how many, else one for each GPU, or each core where there is none.
    """

    def __init__(
        self,
        data: Path,
        catalog: Catalog,
        config: SidConfig,
        folder: Path,
        embedders: int | None = None,
        say: Callable[[str], None] = print,
        shard: int = SHARD,
    ) -> None:
        check_streams(config, embedders)
        self.data, self.catalog, self.config, self.folder = data.absolute(), catalog, config, folder.absolute()
        self.embedders, self.say, self.shard = embedders, say, shard

    def sids(self, fit_rows: np.ndarray | None = None, popularity: np.ndarray | None = None) -> SidModel:
        """See `build_sids`."""
        rows, later, popularity = to_learn(self.catalog, self.config, fit_rows, popularity)
        with ray_session():
            embedder = make_embedder(self.config.embedder, self._sample(rows), self.config.dim, self.config.seed)
            vectors_of = self.embedded(embedder)
            self.say("k-means learns from a sample, and every shard is assigned by itself")
            return learn_codes(self.catalog, self.config, embedder, rows, later, popularity, vectors_of, ray_encode)

    def report(self, model: SidModel) -> dict[str, Any]:
        """See `sid_report`."""
        with ray_session():
            return sid_report(model, self.catalog, vectors_of=self.embedded(model.embedder), encode=ray_encode)

    def embedded(self, embedder: Embedder) -> VectorsOf:
        """The vectors of all items, once those shards that are not there yet are embedded."""
        texts, vectors = self.folder / TEXTS, self.folder / VECTORS
        vectors.mkdir(parents=True, exist_ok=True)
        shards = range(count_of(len(self.catalog), self.shard))
        if missing := [number for number in shards if not vectors_file(vectors, number).exists()]:
            for draft in vectors.glob(".*.npy"):  # of a process that was killed
                draft.unlink()
            cut_texts(self.data, self.catalog, texts, missing, self.shard)
            self._embed(embedder, missing, texts, vectors)
            shutil.rmtree(texts)
            shutil.rmtree(self.folder / EMBEDDER)
        parents, weight, dim = self.catalog.parent_rows, self.config.parent_weight, embedder.dim
        return lambda rows: ShardedVectors(vectors, rows, parents[rows], weight, dim, self.shard)

    def _sample(self, rows: np.ndarray) -> list[str]:
        """The texts that the embedder learns from; none for one that has learned."""
        if self.config.embedder != LsaEmbedder.name:
            return []
        sample = rows[learned_from(len(rows), self.config.seed)]
        self.say(f"lsa learns from the texts of {len(sample):,} of {len(rows):,} items")
        return some_texts(self.data, self.catalog, sample, self.shard)

    def _embed(self, embedder: Embedder, missing: list[int], texts: Path, vectors: Path) -> None:
        import ray.data

        shutil.rmtree(self.folder / EMBEDDER, ignore_errors=True)
        save_embedder(embedder, self.folder / EMBEDDER)
        gpus = 0 if self.config.embedder == LsaEmbedder.name else int(ray.cluster_resources().get("GPU", 0))
        size = min(self.embedders or gpus or int(ray.cluster_resources()["CPU"]), len(missing))
        self.say(f"shards of {self.shard:,} items to embed: {len(missing):,}; embedders: {size}")
        shards = ray.data.from_items([{"shard": number} for number in missing], override_num_blocks=len(missing))
        done = shards.map(
            _Embedding,
            fn_constructor_args=(self.folder / EMBEDDER, texts, vectors),
            compute=ray.data.ActorPoolStrategy(size=size),
            num_cpus=1,
            num_gpus=min(1.0, gpus / size) if gpus else None,
        )
        for count, _ in enumerate(done.iter_rows(), 1):
            if count % max(1, len(missing) // 10) == 0:
                self.say(f"{count:,} of {len(missing):,} shards are embedded")


class _Embedding:
    """One of the pool. It reads the embedder from disk, so that one which is another on its machine is found out."""

    def __init__(self, embedder: Path, texts: Path, vectors: Path) -> None:
        self.embedder, self.texts, self.vectors = load_embedder(embedder), texts, vectors

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"items": embed_shard(self.embedder, self.texts, self.vectors, int(row["shard"]))}


def ray_encode(quantizer: ResidualKMeans, vectors: Vectors) -> np.ndarray:
    """`ResidualKMeans.encode`, whose chunks are shared out: the same sums with the same neighbors, so the same codes to
    the last bit, on machines of one kind."""
    if not isinstance(vectors, ShardedVectors):
        return quantizer.encode(vectors)
    import ray.data

    parts = [{"start": start, "stop": start + CHUNK} for start in range(0, len(vectors), CHUNK)]
    codes = np.zeros((len(vectors), quantizer.levels), dtype=np.uint16)
    done = ray.data.from_items(parts, override_num_blocks=len(parts)).map(
        assigned, fn_kwargs={"quantizer": quantizer, "vectors": vectors}, num_cpus=1
    )
    for row in done.iter_rows():
        part = np.frombuffer(row["codes"], dtype=np.uint16).reshape(-1, quantizer.levels)
        codes[row["start"] : row["stop"]] = part
    return codes


def assigned(row: dict[str, Any], quantizer: ResidualKMeans, vectors: ShardedVectors) -> dict[str, Any]:
    return {**row, "codes": quantizer.encode(vectors.part(row["start"], row["stop"])).tobytes()}


def check_streams(config: SidConfig, embedders: int | None) -> None:
    """ConfigError for SIDs that cannot be made shard by shard, and for no embedders."""
    if embedders is not None and embedders < 1:
        raise ConfigError(f"--embedders is {embedders}, expected 1 or more.")
    if config.given is not None:
        raise ConfigError(f"These SIDs come from {config.given}: there is nothing to share out, leave --engine out.")
    if config.vectors != "content":
        raise ConfigError(
            f"sids.vectors is {config.vectors}, and what was met together is factorized in one process: with --engine "
            f"ray pass sids.vectors=content, or leave --engine out."
        )
    if config.quantizer != "k-means":
        raise ConfigError(
            f"sids.quantizer is {config.quantizer}, which looks at all vectors: with --engine ray only k-means goes."
        )
