"""What lies in shards on disk is what one process would have in memory: texts, vectors, codes, tables, reports.

LSA's vector of a text, and what is mixed from two vectors, take sums within a row only: they are the same to the last
bit whatever else is embedded beside it. Codes come from products of whole chunks, whose last bits may depend on
how many rows there are: here as in a real run a shard is assigned in the very chunks that one process takes.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neo.catalog.activity import Dataset
from neo.catalog.catalog import TABLE_FILE, Catalog
from neo.sids import quantize, report, siblings, unique
from neo.sids.build import SidModel, build_sids, embed_items, learn_codes, to_learn
from neo.sids.config import SidConfig
from neo.sids.embed import make_embedder
from neo.sids.quantize import ResidualKMeans, Vectors
from neo.sids.ray_build import RayBuild, assigned
from neo.sids.shards import ShardedVectors, count_of, cut_texts, embed_shard, some_texts, texts_file, vectors_file
from neo_sdk.errors import ConfigError

CHUNK = 16  # rows at a time, in place of 16,384
LATER = np.arange(3, 100, 7)  # rows after the cut
CONFIGS: list[dict[str, Any]] = [
    {},
    {"parent_weight": 0.7},
    {"parent_weight": 0.7, "siblings": "release"},
    {"unique": "canonical"},
    {"codes": {"show": 4, "episode": 8, "audiobook": 16}},
    {"levels": 2, "codes": {"show": 5, "episode": 8, "audiobook": 5}},  # nearly full: many have to move
]


@pytest.fixture(scope="module")
def saved(tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny catalog, saved with row groups that no shard ends with."""
    folder = tmp_path_factory.mktemp("catalog")
    tiny_dataset.catalog.save(folder)
    pq.write_table(tiny_dataset.catalog.table, folder / TABLE_FILE, row_group_size=11)
    return folder


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (quantize, siblings, unique):
        monkeypatch.setattr(module, "CHUNK", CHUNK)


def embedded(saved: Path, folder: Path, config: SidConfig, rows: np.ndarray, shard: int) -> SidModel:
    """SIDs from shards, as Ray makes them, without Ray."""
    catalog = Catalog.load(saved, narrow=True)
    rows, later, popularity = to_learn(catalog, config, rows, None)
    embedder = make_embedder(config.embedder, some_texts(saved, catalog, rows, shard), config.dim, config.seed)
    numbers = list(range(count_of(len(catalog), shard)))
    cut_texts(saved, catalog, folder / "texts", numbers, shard)
    (folder / "vectors").mkdir()
    random.Random(0).shuffle(numbers)
    made = [embed_shard(embedder, folder / "texts", folder / "vectors", number) for number in numbers]
    assert sum(made) == len(catalog)

    def vectors_of(rows: np.ndarray) -> ShardedVectors:
        parents = catalog.parent_rows[rows]
        return ShardedVectors(folder / "vectors", rows, parents, config.parent_weight, embedder.dim, shard)

    model = learn_codes(catalog, config, embedder, rows, later, popularity, vectors_of, encode)
    assert report.sid_report(model, catalog, vectors_of=vectors_of, encode=encode)  # needs no text
    return model


def encode(quantizer: ResidualKMeans, vectors: Vectors) -> np.ndarray:
    """Chunk by chunk, each by itself and in any order."""
    assert isinstance(vectors, ShardedVectors)
    starts = list(range(0, len(vectors), CHUNK))
    random.Random(1).shuffle(starts)
    codes = np.zeros((len(vectors), quantizer.levels), dtype=np.uint16)
    for start in starts:
        row = assigned({"start": start, "stop": start + CHUNK}, quantizer, vectors)
        codes[start : start + CHUNK] = np.frombuffer(row["codes"], dtype=np.uint16).reshape(-1, quantizer.levels)
    return codes


@pytest.mark.parametrize("shard", [1, 7, 16, 1_000])
def test_texts_of_shards_are_the_catalogs(saved: Path, tiny_dataset: Dataset, tmp_path: Path, shard: int) -> None:
    narrow, wanted = Catalog.load(saved, narrow=True), tiny_dataset.catalog.content_texts()
    assert narrow.column("title").null_count == len(narrow) and narrow.column("parent").null_count < len(narrow)
    shards = list(range(0, count_of(len(narrow), shard), 2))
    cut_texts(saved, narrow, tmp_path, shards, shard)
    for number in shards:
        texts = pq.read_table(texts_file(tmp_path, number)).column("text").to_pylist()
        assert texts == wanted[number * shard : (number + 1) * shard]
    assert len(list(tmp_path.iterdir())) == len(shards)
    rows = np.array([0, 5, 6, 41, 99])
    assert some_texts(saved, narrow, rows, shard) == [wanted[row] for row in rows]
    assert some_texts(saved, narrow, np.zeros(0, dtype=np.int64), shard) == []


@pytest.mark.parametrize("parent_weight", [0.0, 0.7])
def test_vectors_of_shards_are_those_of_all_at_once(
    saved: Path, tiny_dataset: Dataset, tmp_path: Path, parent_weight: float
) -> None:
    catalog = tiny_dataset.catalog
    embedder = make_embedder("lsa", catalog.content_texts(), 16, 0)
    cut_texts(saved, catalog, tmp_path, range(15), 7)
    for number in range(15):
        embed_shard(embedder, tmp_path, tmp_path, number)
    rows = np.random.default_rng(0).permutation(100)[:70]
    wanted = embed_items(embedder, catalog, rows, parent_weight)
    found = ShardedVectors(tmp_path, rows, catalog.parent_rows[rows], parent_weight, embedder.dim, 7)
    for places in (slice(None), slice(3, 9), slice(0, 0), np.array([5, 5, 0]), np.arange(70) % 3 == 0):
        assert np.array_equal(found[places], wanted[places]) and found[places].dtype == np.float32
    assert np.array_equal(found.part(10, 999)[:], wanted[10:]) and len(found.part(10, 999)) == 60


@pytest.mark.parametrize("shard", [9, 16])
@pytest.mark.parametrize("settings", CONFIGS)
def test_sids_from_shards_are_those_of_one_process(
    saved: Path, tiny_dataset: Dataset, tmp_path: Path, settings: dict[str, Any], shard: int
) -> None:
    config = SidConfig(**{"levels": 3, "codes": 8, "dim": 16, **settings})
    rows = np.setdiff1d(np.arange(100), LATER)
    wanted = build_sids(tiny_dataset.catalog, config, rows)
    found = embedded(saved, tmp_path, config, rows, shard)
    assert found.table.fingerprint() == wanted.table.fingerprint()
    for name, quantizer in wanted.quantizers.items():
        assert np.array_equal(found.quantizers[name].codebooks, quantizer.codebooks)
    assert found.notes == wanted.notes


def test_k_means_reads_no_more_than_its_sample(tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantize, "POINTS_PER_CODE", 4)
    vectors = build_sids(tiny_dataset.catalog, SidConfig(dim=16, codes=8)).embed(tiny_dataset.catalog, np.arange(100))
    asked: list[int] = []

    class Counted:
        def __len__(self) -> int:
            return len(vectors)

        def __getitem__(self, places: Any) -> np.ndarray:
            asked.append(len(vectors[places]))
            return vectors[places]

    found = ResidualKMeans.fit(Counted(), 2, 8, seed=3)
    assert asked == [32] and np.array_equal(found.codebooks, ResidualKMeans.fit(vectors, 2, 8, seed=3).codebooks)


def test_a_report_from_shards(tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as from memory; of a sample's cosines where items are many, and of all codes even then."""
    catalog = tiny_dataset.catalog
    model = build_sids(catalog, SidConfig(dim=16, codes=8))
    vectors = model.embed(catalog, np.arange(100))
    whole = report.sid_report(model, catalog)
    assert report.sid_report(model, catalog, vectors_of=vectors.__getitem__) == whole
    monkeypatch.setattr(report, "SHOWN", 15)
    part = report.sid_report(model, catalog, vectors_of=vectors.__getitem__)
    for name, numbers in part["types"].items():
        assert numbers["coherence"] != whole["types"][name]["coherence"]
        assert numbers["coherence"]["random"] == pytest.approx(whole["types"][name]["coherence"]["random"], abs=0.15)
        for what in ("items", "before", "after", "moved", "usage"):
            assert numbers[what] == whole["types"][name][what]


def test_a_shard_is_there_whole_or_not_at_all(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Catalog.load(saved, narrow=True)
    cut_texts(saved, narrow, tmp_path, [0], 50)
    embedder = make_embedder("lsa", ["bread and chess", "chess"], 4, 0)

    def full(file: Any, *_: Any, **__: Any) -> None:
        Path(file).write_bytes(b"half")
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(OSError, match="No space"):
            embed_shard(embedder, tmp_path, tmp_path, 0)
    assert not vectors_file(tmp_path, 0).exists()
    assert embed_shard(embedder, tmp_path, tmp_path, 0) == 50 and vectors_file(tmp_path, 0).exists()


@pytest.mark.parametrize(
    ("settings", "embedders", "said"),
    [
        ({"vectors": "both"}, None, "sids.vectors=content"),
        ({"vectors": "collaborative"}, None, "sids.vectors=content"),
        ({"quantizer": "hyperplanes"}, None, "only k-means"),
        ({"given": Path("codes.jsonl")}, None, "codes.jsonl"),
        ({}, 0, "--embedders is 0"),
    ],
)
def test_what_cannot_be_made_shard_by_shard_is_refused(
    saved: Path, tmp_path: Path, settings: dict[str, Any], embedders: int | None, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        RayBuild(saved, Catalog.load(saved, narrow=True), SidConfig(**settings), tmp_path, embedders)


def test_a_narrow_catalog_is_the_same_but_for_what_it_says(saved: Path, tiny_dataset: Dataset) -> None:
    narrow, whole = Catalog.load(saved, narrow=True), tiny_dataset.catalog
    for name in ("type_codes", "parent_rows", "dates", "released"):
        assert np.array_equal(getattr(narrow, name), getattr(whole, name), equal_nan=name in ("dates", "released"))
    assert narrow.types == whole.types and narrow.table.schema == whole.table.schema
    assert narrow.column("popularity").equals(whole.column("popularity")) and narrow.column("id") == whole.column("id")
    assert pa.compute.sum(pa.compute.is_valid(narrow.column("description"))).as_py() == 0
