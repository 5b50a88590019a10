from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from tiny_world import make_tiny_bundle
from transformers import GenerationConfig

from neo.catalog.activity import Dataset, Events, Listeners
from neo.catalog.catalog import Catalog
from neo.decoding.index import SidIndex
from neo.language.vocabulary import Vocabulary
from neo.model import folder as folders
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo_sdk.errors import BundleError

WEIGHTS = "model/model.safetensors"
CATALOG = "catalog/catalog.parquet"


@pytest.fixture
def copied(tiny_bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle_folder, tmp_path / "copy"))


def test_what_is_loaded_answers_as_what_was_saved(tiny_bundle: Bundle, tiny_bundle_folder: Path) -> None:
    saved, loaded = NeoModel(tiny_bundle), NeoModel.load(tiny_bundle_folder, device="cpu")
    found, expected = loaded.recommend("l3", k=20), saved.recommend("l3", k=20)
    assert found.items == expected.items
    # Mapped weights lie elsewhere in memory, where kernels may round differently.
    scores = [[part.score for part in answer.parts] for answer in (found, expected)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    assert loaded.chat("bread?", "l4", max_tokens=8).text == saved.chat("bread?", "l4", max_tokens=8).text
    assert loaded.similar("e-3") == saved.similar("e-3")
    assert loaded.bundle.catalog.fingerprint() == saved.bundle.catalog.fingerprint()
    assert loaded.bundle.config == saved.bundle.config
    assert not loaded.bundle.model.training


@pytest.mark.parametrize("tied", [True, False])
def test_weights_keep_every_bit_and_their_tie(tiny_dataset: Dataset, tmp_path: Path, tied: bool) -> None:
    bundle = make_tiny_bundle(tiny_dataset, tied)
    bundle.save(tmp_path / "bundle")
    loaded = Bundle.load(tmp_path / "bundle").model
    assert loaded.state_dict().keys() == bundle.model.state_dict().keys()
    for name, weight in bundle.model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight), name
    assert (loaded.get_input_embeddings().weight is loaded.get_output_embeddings().weight) == tied


def test_a_bundle_holds_no_code_no_pickle_and_no_generation_config(tiny_bundle_folder: Path) -> None:
    names = [path.name for path in tiny_bundle_folder.rglob("*") if path.is_file()]
    assert len(names) > 10
    assert all(name.endswith((".safetensors", ".json", ".parquet")) for name in names)
    assert "generation_config.json" not in names


def test_a_generation_config_that_transformers_would_refuse_is_no_obstacle(tiny_bundle: Bundle, tmp_path: Path) -> None:
    asked = tiny_bundle.model.generation_config
    hostile = GenerationConfig(temperature=9.0, top_k=1, do_sample=False)  # save_pretrained raises on this
    tiny_bundle.model.generation_config = hostile
    try:
        tiny_bundle.save(tmp_path / "bundle")
        assert tiny_bundle.model.generation_config is hostile
    finally:
        tiny_bundle.model.generation_config = asked
    assert Bundle.load(tmp_path / "bundle").model.generation_config.temperature != 9.0


def test_a_loaded_bundle_maps_its_index_and_refuses_another_tables(tiny_bundle: Bundle, tmp_path: Path) -> None:
    tiny_bundle.save(tmp_path / "bundle")
    loaded = Bundle.load(tmp_path / "bundle")
    assert loaded.mapped is not None and loaded.index.nbytes == tiny_bundle.index.nbytes
    for name in ("show", "episode", "audiobook"):
        assert torch.equal(loaded.index.of(name).rows, tiny_bundle.index.of(name).rows)
    other = SidIndex.build(tiny_bundle.sids.table.shuffled(1))
    other.save(tmp_path / "bundle" / "sids" / "index.safetensors", "another table")
    relist(tmp_path / "bundle", "sids/index.safetensors")
    with pytest.raises(BundleError, match="another SID table"):
        Bundle.load(tmp_path / "bundle", verify=False)


def test_the_manifest_lists_versions_and_every_file(tiny_bundle_folder: Path) -> None:
    manifest = json.loads((tiny_bundle_folder / "manifest.json").read_text())
    assert manifest["format"] == folders.FORMAT
    assert manifest["versions"]["torch"] == importlib.metadata.version("torch")
    paths = [path for path in tiny_bundle_folder.rglob("*") if path.is_file()]
    names = {path.relative_to(tiny_bundle_folder).as_posix() for path in paths}
    assert manifest["files"].keys() == names - {"manifest.json"}
    assert manifest["files"][WEIGHTS]["bytes"] == (tiny_bundle_folder / WEIGHTS).stat().st_size


def damage_byte(folder: Path) -> str:
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-5] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    return WEIGHTS


def cut_short(folder: Path) -> str:
    (folder / CATALOG).write_bytes((folder / CATALOG).read_bytes()[:-100])
    return CATALOG


def remove(folder: Path) -> str:
    (folder / "sids" / "table.safetensors").unlink()
    return "sids/table.safetensors"


def add(folder: Path) -> str:
    (folder / "model" / "generation_config.json").write_text("{}")
    return "model/generation_config.json"


def add_pickle(folder: Path) -> str:
    (folder / "model" / "training_args.bin").write_bytes(b"\x80\x04.")
    return "model/training_args.bin"


def add_listed_pickle(folder: Path) -> str:
    add_pickle(folder)
    relist(folder, "model/training_args.bin")
    return "model/training_args.bin is refused"


def add_code(folder: Path) -> str:
    (folder / "model" / "modeling.py").write_text("raise SystemExit")
    relist(folder, "model/modeling.py")
    return "model/modeling.py is refused"


def link(folder: Path) -> str:
    (folder / "config.json").rename(folder.parent / "elsewhere.json")
    (folder / "config.json").symlink_to(folder.parent / "elsewhere.json")
    return "config.json is no plain file"


def newer_format(folder: Path) -> str:
    edit_manifest(folder, lambda manifest: manifest.update(format=folders.FORMAT + 1))
    return f"format {folders.FORMAT + 1}"


def no_manifest(folder: Path) -> str:
    (folder / "manifest.json").unlink()
    return "holds no manifest.json"


def torn_manifest(folder: Path) -> str:
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:200])
    return "cannot be read"


def junk_manifest(folder: Path) -> str:
    (folder / "manifest.json").write_text(json.dumps({"format": folders.FORMAT, "files": [1], "parts": {}}))
    return "cannot be read"


def edit_manifest(folder: Path, edit: Callable[[dict], None]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))


def relist(folder: Path, name: str) -> None:
    """Makes the manifest agree with a file that was changed, as somebody who means harm would."""
    entry = {"bytes": (folder / name).stat().st_size, "sha256": folders._sha256(folder / name)}
    edit_manifest(folder, lambda manifest: manifest["files"].update({name: entry}))


@pytest.mark.parametrize(
    "harm",
    [damage_byte, cut_short, remove, add, add_pickle, add_listed_pickle, add_code, link, newer_format,
     no_manifest, torn_manifest, junk_manifest],
)  # fmt: skip
def test_a_damaged_bundle_is_refused_and_the_place_is_named(copied: Path, harm: Callable[[Path], str]) -> None:
    expected = harm(copied)
    with pytest.raises(BundleError) as caught:
        Bundle.load(copied)
    assert expected in str(caught.value)
    assert str(copied) in str(caught.value)


def test_no_folder_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"holds no manifest\.json"):
        Bundle.load(tmp_path / "nowhere")


def test_without_verify_large_files_are_checked_by_size_only(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "SMALL", 10_000)
    damage_byte(copied)
    Bundle.load(copied, verify=False)
    data = (copied / "config.json").read_bytes()
    (copied / "config.json").write_bytes(data[:-2] + b" \n")
    with pytest.raises(BundleError, match=r"config\.json"):
        Bundle.load(copied, verify=False)


def other_catalog(catalog: Catalog, titles: bool) -> Catalog:
    """The same catalog with other titles, or with its rows in another order."""
    if titles:
        place = catalog.table.schema.get_field_index("title")
        changed = pa.array([f"Other {row}" for row in range(len(catalog))])
        return Catalog(catalog.table.set_column(place, "title", changed), catalog.types)
    return Catalog(catalog.table.take(np.arange(len(catalog))[::-1].copy()), catalog.types)


def test_a_swapped_catalog_is_found_even_if_the_manifest_was_made_to_agree(copied: Path) -> None:
    other_catalog(Catalog.load(copied / "catalog"), titles=True).save(copied / "catalog")
    relist(copied, CATALOG)
    with pytest.raises(BundleError, match="not those that were saved here: catalog"):
        Bundle.load(copied)


def test_parts_of_different_runs_are_refused_and_named(tiny_bundle: Bundle) -> None:
    def refuse(message: str, **other: object) -> None:
        with pytest.raises(BundleError, match=message):
            dataclasses.replace(tiny_bundle, **other)

    vocabulary, base = tiny_bundle.vocabulary, tiny_bundle.vocabulary._base
    smaller = Vocabulary.extend(base, 3, {"show": 8, "episode": 8, "audiobook": 4})
    refuse("Vocabulary and SID table", vocabulary=smaller)
    refuse("Vocabulary and SID table", vocabulary=Vocabulary.extend(base, 2, vocabulary.layout.codes))
    longer = dataclasses.replace(vocabulary.layout, text_size=vocabulary.text_size + 1)
    refuse("Model and vocabulary", vocabulary=Vocabulary(base, longer))
    refuse("SID table and catalog", catalog=other_catalog(tiny_bundle.catalog, titles=False))
    short = Catalog(tiny_bundle.catalog.table.slice(0, 99), tiny_bundle.catalog.types)
    refuse("SID table and catalog", catalog=short)
    refuse("Events and listeners", listeners=Listeners.from_ids(["l0"]))
    beyond = Events.from_arrays(np.array([1]), np.array([100]), np.array([5]), ["play"], 15)
    refuse("Events and catalog", events=beyond)


def test_weights_that_lack_a_tensor_are_refused(copied: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copied / WEIGHTS)
    weights.pop("model.norm.weight")
    save_file(weights, copied / WEIGHTS, metadata={"format": "pt"})
    relist(copied, WEIGHTS)
    with pytest.raises(BundleError, match=r"model\.norm\.weight"):
        Bundle.load(copied)


def test_saving_replaces_a_bundle_and_leaves_nothing_beside_it(tiny_bundle: Bundle, copied: Path) -> None:
    (copied / "stale.json").write_text("{}")
    dataclasses.replace(tiny_bundle, config={"name": "second"}).save(copied)
    assert Bundle.load(copied).config == {"name": "second"}
    assert [path.name for path in copied.parent.iterdir()] == [copied.name]


def test_a_loaded_bundle_can_be_saved_over_itself(copied: Path) -> None:
    before = NeoModel.load(copied, device="cpu")
    before.bundle.save(copied)
    assert NeoModel.load(copied, device="cpu").recommend("l1").items == before.recommend("l1").items


def test_saving_refuses_to_replace_what_is_no_bundle(tiny_bundle: Bundle, tmp_path: Path) -> None:
    precious = tmp_path / "home" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    for place in (precious.parent, precious):
        with pytest.raises(BundleError, match="is no bundle"):
            tiny_bundle.save(place)
    assert precious.read_text() == "years of work"


def test_a_save_that_fails_leaves_the_old_bundle(tiny_bundle: Bundle, copied: Path) -> None:
    broken = dataclasses.replace(tiny_bundle, config={"unwritable": object()})
    with pytest.raises(TypeError):
        broken.save(copied)
    assert Bundle.load(copied).config == tiny_bundle.config
    assert [path.name for path in copied.parent.iterdir()] == [copied.name]


SAVE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from neo.model import folder

place, content, killed_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
steps = 0

def dying(function):
    def call(*arguments, **options):
        global steps
        steps += 1
        if steps == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

folder.os.rename, folder.shutil.rmtree = dying(os.rename), dying(folder.shutil.rmtree)
folder.write_manifest = dying(folder.write_manifest)
with folder.written_whole(place) as draft:
    (draft / "content.json").write_text(content)
    folder.write_manifest(draft, {})
print(steps)
"""


def save_and_die(place: Path, content: str, step: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SAVE_AND_DIE, str(place), content, str(step)], capture_output=True, text=True
    )


def test_a_save_that_is_killed_leaves_the_old_or_the_new_bundle_whole(tmp_path: Path) -> None:
    place = tmp_path / "bundle"
    assert save_and_die(place, '"first"', 0).returncode == 0
    steps = int(save_and_die(place, '"old"', 0).stdout)
    assert steps >= 5
    found = []
    for step in range(1, steps + 1):
        assert save_and_die(place, '"new"', step).returncode == -9
        folders.check_manifest(folders.place_of(place))
        found.append(json.loads((folders.place_of(place) / "content.json").read_text()))
        assert save_and_die(place, '"old"', 0).returncode == 0
        assert json.loads((place / "content.json").read_text()) == "old"
        assert not folders._aside(place).exists()
    assert found == sorted(found, reverse=True)  # old until it is new
    assert set(found) == {"old", "new"}
