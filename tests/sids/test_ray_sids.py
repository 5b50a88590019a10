"""`neo sids --engine ray` with a real Ray on this machine. `pip install 'neo-catalog[ray]'` is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from neo.catalog.catalog import Catalog
from neo.cli import main
from neo.ray_start import import_ray
from neo.sids.build import SidModel, build_sids
from neo.sids.config import SidConfig
from neo.sids.ray_build import RayBuild
from neo.sids.shards import SHARD, vectors_file

pytestmark = pytest.mark.slow
SHOWS, EPISODES = 1_000, SHARD + 700  # so episodes are assigned in two shards, and embedded in two
WORDS = ("volcano", "bread", "chess", "jazz", "tax", "whale", "glass", "river", "comet", "garden", "song", "moon")
RECIPE = """
name: tiny
output: {output}
data: {{world: {{listeners: 20, shows: 8, episodes: 40, audiobooks: 8}}}}
sids: {{levels: 2, codes: 32, dim: 8, parent_weight: 0.7}}
base: {{scratch: {{vocabulary: 400, layers: 1, hidden: 16}}}}
"""


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[object]:
    found = import_ray("data")
    found.init("local", num_cpus=2, include_dashboard=False, object_store_memory=200 << 20, log_to_driver=False)
    try:
        yield found
    finally:
        found.shutdown()


def test_whoever_speaks_to_ray_needs_its_token(ray: object) -> None:
    """It listens on every network of the machine, and runs the code that it is sent."""
    assert os.environ["RAY_AUTH_MODE"] == "token"


def sids_of(runs: Path, name: str) -> SidModel:
    return SidModel.load(runs / name / "sids" / "model")


def test_the_command_makes_what_neo_run_goes_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe, runs = tmp_path / "tiny.yaml", tmp_path / "runs"
    recipe.write_text(RECIPE.format(output=runs))
    assert main(["sids", str(recipe), "--engine", "ray", "--embedders", "2"]) == 0
    by_ray = capsys.readouterr()
    assert main(["sids", str(recipe)]) == 0
    again = capsys.readouterr()
    assert "stage 1, semantic IDs: reused" in again.err and again.out == by_ray.out
    assert main(["sids", str(recipe), "name=one"]) == 0
    assert capsys.readouterr().out == by_ray.out
    assert sids_of(runs, "tiny").table.fingerprint() == sids_of(runs, "one").table.fingerprint()
    assert "to embed: 1; embedders: 1" in by_ray.err and "lsa learns from the texts of" in by_ray.err


def test_many_shards_and_an_interruption_make_the_same(
    tmp_path: Path, ray: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LSA's vectors are the same in any company, and codes are assigned in the chunks of one process: bit for bit."""
    rng = np.random.default_rng(0)
    words = np.array(
        [
            "volcano",
            "bread",
            "chess",
            "rome",
            "jazz",
            "tax",
            "whale",
            "glass",
            "river",
            "map",
            "comet",
            "garden",
            "song",
            "wine",
            "ice",
            "moon",
        ]
    )
    count = SHOWS + EPISODES
    items = {
        "id": [f"i{n}" for n in range(count)],
        "type": ["show"] * SHOWS + ["episode"] * EPISODES,
        "title": [" ".join(some) for some in rng.choice(words, (count, 3))],
        "description": [" ".join(some) for some in rng.choice(words, (count, 9))],
        "parent": [None] * SHOWS + [f"i{n}" for n in rng.integers(SHOWS, size=EPISODES)],
        "popularity": pa.array(rng.random(count), pa.float32()),
    }
    catalog = Catalog.from_table(pa.table(items))
    catalog.save(tmp_path / "data")
    config = SidConfig(levels=3, codes=64, dim=24, parent_weight=0.5)
    learned = np.setdiff1d(np.arange(count), rng.choice(count, 500, replace=False))
    wanted = build_sids(catalog, config, learned)

    narrow = Catalog.load(tmp_path / "data", narrow=True)
    build = RayBuild(tmp_path / "data", narrow, config, tmp_path / "work", 2, lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr("neo.sids.ray_build.learn_codes", None)  # it ends between embedding and assigning
        with pytest.raises(TypeError):
            build.sids(learned)
    shards = [vectors_file(tmp_path / "work" / "vectors", number) for number in range(2)]
    kept = os.stat(shards[0]).st_mtime_ns
    shards[1].rename(shards[1].with_name(".00001.4711.npy"))  # as a process leaves it that is killed
    found = build.sids(learned)
    assert os.stat(shards[0]).st_mtime_ns == kept
    assert sorted((tmp_path / "work" / "vectors").iterdir()) == shards
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["vectors"]
    assert found.table.fingerprint() == wanted.table.fingerprint()
    for name, quantizer in wanted.quantizers.items():
        assert np.array_equal(found.quantizers[name].codebooks, quantizer.codebooks)
    assert found.embedder.embed(["volcano"]).tobytes() == wanted.embedder.embed(["volcano"]).tobytes()
    assert build.report(found)["types"]["episode"]["items"] == EPISODES


def test_an_embedder_that_fails_says_so(tmp_path: Path, ray: object, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog.from_table(pa.table({"id": ["a", "b"], "type": ["show"] * 2, "title": ["bread", "chess"]}))
    catalog.save(tmp_path / "data")
    build = RayBuild(tmp_path / "data", catalog, SidConfig(), tmp_path / "work", 1, lambda _: None)
    monkeypatch.setattr("neo.sids.ray_build.save_embedder", lambda embedder, folder: folder.mkdir(parents=True))
    with pytest.raises(Exception, match="not a readable embedder"):
        build.sids()
    assert not vectors_file(tmp_path / "work" / "vectors", 0).exists()
