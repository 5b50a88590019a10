"""Recipes are closed: what is misspelt, misplaced or of a wrong type is named, and never silently dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo.training.config import InstructionStage, RunConfig, fingerprint, load_config
from neo_sdk.errors import ConfigError

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


def recipe(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def test_all_recipes_are_valid() -> None:
    assert {path.stem for path in RECIPES} >= {"quickstart", "starter", "spoken"}
    for path in RECIPES:
        assert load_config(path).name == path.stem


def test_overrides_are_checked_by_the_same_models(tmp_path: Path) -> None:
    path = recipe(tmp_path, "name: a\ndata: {world: {}}\n")
    config = load_config(path, ["seed=3", "instruction.learning_rate=0.5", "data.world.shows=400"])
    assert (config.seed, config.instruction.learning_rate) == (3, 0.5)
    assert config.data.world is not None and config.data.world.shows == 400
    for bad, message in [
        ("sede=3", "seed"),
        ("instruction.lerning_rate=1", "learning_rate"),
        ("seed=many", "seed"),
        ("seed", "key=value"),
        ("--seed=1", "key=value"),
        ("name.x=1", "not a group"),
        ("grounding.weight_decay=0.1", "weight_decay"),
        ("seed=-1", "seed"),
        ("evaluation.withheld=3", "leave_one_out"),
        ("base.scratch.kv_heads=3", "multiple of kv_heads"),
        ("evaluation.beams=10", "beams"),
        ("data.horizon_days=28", "horizon_days are for `files`"),
        ("data.root=files", "root and horizon_days are for `files`"),
        ("evaluation.beams=2000", "beams"),
    ]:
        with pytest.raises(ConfigError, match=message):
            load_config(path, [bad])


def test_files_are_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recipe(tmp_path, "name: a\ndata: {files: mine.yaml}\nlanguage: {texts: [more.txt]}\n")
    monkeypatch.chdir(tmp_path)
    here, there = load_config(Path("recipe.yaml"), ["data.root=files"]), load_config(path)
    assert here.data.files == there.data.files == tmp_path / "mine.yaml"
    assert here.language.texts == there.language.texts == (tmp_path / "more.txt",)
    assert here.data.root == str(tmp_path / "files")  # typed, so relative to where one stands
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    typed = load_config(path, ["data.files=typed.yaml", "language.texts=[typed.txt]"])
    assert typed.data.files == tmp_path / "elsewhere/typed.yaml"
    assert typed.language.texts == (tmp_path / "elsewhere/typed.txt",)
    grouped = load_config(path, ["data={files: typed.yaml, root: files}", "language={texts: [typed.txt]}"])
    assert grouped.language == typed.language and grouped.data.files == typed.data.files
    assert grouped.data.root == str(tmp_path / "elsewhere/files")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\n", "data"),
        ("name: a\ndata: {}\n", "exactly one of `world`"),
        ("name: a\ndata: {world: {}}\nbase: {scratch: {}, pretrained: {model: x}}\n", "exactly one of `scratch`"),
        ("name: ../up\ndata: {world: {}}\n", "name"),
        ("name: a\ndata: {world: {}}\ninstruction: {histories: 9, learn_history: false}\n", "is learned"),
        ("- a\n", "list"),
        ("a: !!python/object/apply:os.system ['true']\n", "YAML"),
    ],
)
def test_broken_recipes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(recipe(tmp_path, text))


def test_fingerprints_follow_the_settings(tmp_path: Path) -> None:
    path = recipe(tmp_path, "name: a\ndata: {world: {}}\n")
    plain, same, other = load_config(path), load_config(path), load_config(path, ["sids.levels=4"])
    assert fingerprint(plain.sids) == fingerprint(same.sids) != fingerprint(other.sids)
    assert RunConfig.model_validate(plain.model_dump()) == plain
    patient = load_config(path, ["instruction.checkpoint_steps=7", "instruction.log_steps=1"])
    assert fingerprint(plain.instruction) == fingerprint(patient.instruction)  # the same model: no work is thrown away
    reads = load_config(path, ["instruction.read=9"])
    assert fingerprint(plain.instruction) != fingerprint(reads.instruction)
    # As it was before there was `read`: a run that was trained then is not trained again.
    assert fingerprint(InstructionStage(history=7)) == "4c4fd9e41b053555"
    assert fingerprint(RunConfig.model_validate({"name": "a", "data": {"world": {}}})) == "1e6509b3b719e6f6"
    asked = "teacher={base_url: 'http://localhost:1/v1', model: m, "
    hasty, calm, warm = (
        load_config(path, [asked + more]).teacher for more in ("timeout: 1}", "concurrency: 2}", "temperature: 1}")
    )
    assert fingerprint(hasty) == fingerprint(calm) != fingerprint(warm)
