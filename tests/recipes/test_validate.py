"""`neo recipes validate`: what a recipe has and takes, said before anything long, and what it has too little of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from shop import write_shop
from transformers import PreTrainedModel

from neo.cli import main
from neo.decoding.index import SidIndex
from neo.language.render import Renderer
from neo.language.vocabulary import Vocabulary
from neo.training import cost
from neo.training.base import scratch_tokenizer
from neo.training.config import Base, InstructionStage, Scratch, Stage, load_config
from neo.training.enough import too_little
from neo.training.expected_rows import TASKS, any_sids, expected_rows
from neo.training.instruction import write_instructions
from neo.training.lora import Lora
from neo.training.recipes import find_recipe, read_recipe
from neo.training.run import ROWS, Run

RECIPE = """
name: shop
output: {output}
data: {{files: {files}, horizon_days: 14}}
sids: {{levels: 2, codes: 32, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
grounding: {{tokens: 1024, warmup: 1}}
instruction: {{tokens: 512, history: 6, recommend: 300, histories: 40, walks: 0, search: 0, lookup: 300, verbalize: 8,
               explain: 4, understand: 4, recommend_mixed: 4, search_mixed: 0, chat: 4, warmup: 1}}
"""
SEARCH_ALONE = "instruction={lookup: 300, recommend: 0, recommend_mixed: 0, explain: 0}"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    path = folder / "shop.yaml"
    path.write_text(RECIPE.format(output=folder / "runs", files=write_shop(folder / "files")))
    return path


def test_it_says_what_there_is_and_what_it_takes(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "validate", str(recipe), "seed=1"]) == 0
    said = capsys.readouterr().out
    assert "Data: 150 courses; 80 listeners, 1,600 events, 0 searches." in said
    assert "instruction.recommend" in said and "Weights: 0.0 million" in said and "GB are free" in said
    assert "seconds" in said and "(some steps tried)" in said
    assert f"Ready: neo run {recipe} seed=1" in said
    assert not (recipe.parent / "runs").exists()  # nothing of a run was made, or touched


def test_rows_are_as_many_and_as_long_as_they_will_be(recipe: Path, tmp_path: Path) -> None:
    """Against the rows that a run writes."""
    run = Run(load_config(recipe, [f"output={tmp_path}"]), lambda _: None)
    run.folder.mkdir()
    run.read_data()
    run.learn_sids()
    vocabulary = Vocabulary.extend(scratch_tokenizer(["course"], 300), 2, {"course": 32})
    forecast = expected_rows(run, Renderer(vocabulary, any_sids(run.full.catalog, run.config.sids)), tmp_path)
    vocabulary.save(run.folder)
    folder = run.folder / "stage3"
    folder.mkdir()
    write_instructions(run, folder, vocabulary, None)
    made = pq.read_table(folder / ROWS)
    lengths, tasks = np.array([len(ids) for ids in made["input_ids"].to_pylist()]), np.array(made["task"].to_pylist())
    expected = {task.task: task for task in forecast if task.stage == "instruction"}
    for setting, task in (("recommend", "recommend"), ("histories", "history"), ("lookup", "lookup")):
        assert expected[setting].rows == pytest.approx((tasks == task).sum(), rel=0.15)
        assert expected[setting].tokens == pytest.approx(lengths[tasks == task].mean(), rel=0.1)
    assert {task.task for task in forecast if task.stage == "grounding"} == {"verbalize", "ground", "type"}


def test_every_number_of_rows_is_counted() -> None:
    """A setting of stage 3 that is new is either a task or listed here."""
    own = {name: field for name, field in InstructionStage.model_fields.items() if name not in Stage.model_fields}
    assert {name for name, field in own.items() if field.annotation is int} - {"history"} == set(TASKS)


def test_any_codes_are_different_and_of_the_recipes_shape(recipe: Path, tmp_path: Path) -> None:
    run = Run(load_config(recipe, [f"output={tmp_path}"]), lambda _: None)
    run.read_data()
    index = SidIndex.build(any_sids(run.full.catalog, run.config.sids))
    assert len(index.types["course"].base.keys.unique()) == 150


@pytest.mark.parametrize(
    ("shop", "settings", "says"),
    [
        ({"items": 90}, [], "90 items can be learned from, and NEO needs 100 or more"),
        ({"each": 8}, [], "events of 80 listeners with two or more can be learned from before 2025-06"),
        ({"each": 8}, [], "or ask for search alone: instruction.recommend=0 instruction.histories=0"),
        ({}, ["sids.codes=12"], "150 items of type course do not fit into 2 levels of 12 codes, which tell 144 apart"),
        ({}, ["sids.codes=12"], "raise sids.levels, or sids.codes to 16 or more"),
        ({"each": 0}, ["listener={}", SEARCH_ALONE], "The listener model is learned from events, and there are none"),
        ({}, ["data.horizon_days=0.01"], "are needed: they ask for what is met in the last 0.01 days"),
    ],
)
def test_too_little_is_refused_with_a_sentence(
    shop: dict[str, int],
    settings: list[str],
    says: str,
    recipe: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = write_shop(tmp_path, **shop)
    assert main(["recipes", "validate", str(recipe), f"data.files={files}", *settings]) == 1
    captured = capsys.readouterr()
    assert says in captured.err and "Ready" not in captured.out


@pytest.mark.parametrize("setting", ["sids.unique=canonical", "sids.given=codes.jsonl"])
def test_items_that_may_share_a_tuple_need_no_more(setting: str, recipe: Path, tmp_path: Path) -> None:
    run = Run(load_config(recipe, [f"output={tmp_path}", "sids.codes=12", setting]), lambda _: None)
    run.read_data()
    assert not [said for said in too_little(run) if "do not fit" in said]


def test_too_little_memory_is_refused_with_a_sentence(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cost, "free_bytes", lambda: 5e8)
    assert main(["recipes", "validate", str(recipe)]) == 1
    said = capsys.readouterr()
    assert "0.5 GB are free here. Take a smaller base" in said.err and "by a count of operations" in said.out


def test_a_large_model_is_counted_and_not_built(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cost, "_try", lambda *_: pytest.fail("it was built"))
    large = ["base.scratch.hidden=16384", "base.scratch.layers=90", "base.scratch.feed_forward=65536"]
    assert main(["recipes", "validate", str(recipe), *large]) == 1
    assert "Training needs 4" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["tokens", "memory"])
def test_a_count_of_operations_agrees_with_the_steps(recipe: Path, kind: str) -> None:
    """Six operations a weight and token, of what is inside and, where labels are, of the head."""
    config = load_config(recipe)
    shape = cost._model(config.base, 500, 0)
    inside = sum(w.numel() for n, w in shape.named_parameters() if "embed" not in n and "lm_head" not in n)
    if kind == "tokens":
        assert cost._operations(shape, 10.0, 3.0) == 6 * (10 * inside + 3 * 500 * 16)
    else:
        low, high = cost._memory(shape, 10**9, config.instruction, 1024)
        assert 16e9 < low < high < 19e9


QWEN3 = {"vocabulary": 152_500, "kv_heads": 8, "head_dim": 128}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("qwen3-0.6b", Scratch(hidden=1024, layers=28, heads=16, feed_forward=3072, **QWEN3)),
        ("qwen3-1.7b-lora", Scratch(hidden=2048, layers=28, heads=16, feed_forward=6144, **QWEN3)),
        ("qwen3-4b-qlora", Scratch(hidden=2560, layers=36, heads=32, feed_forward=9728, **QWEN3)),
    ],
)
def test_a_recipe_is_let_through_on_the_gpu_that_it_names(
    name: str, shape: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And would not be without gradient checkpointing, or not with much room."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    path = find_recipe(Path(name))
    config, gpu = load_config(path), float(re.findall(r"one GPU of (\d+) GB", read_recipe(path).needs)[0]) * 1e9
    with torch.device("meta"):
        model = cost._model(Base(scratch=shape), shape.vocabulary, 0)
    weights = sum(weight.numel() for weight in model.parameters())
    needed = {}
    for saved in (True, False):
        stage = config.instruction.model_copy(update={"gradient_checkpointing": saved})
        needed[saved] = cost._memory(model, weights, stage, stage.tokens, config.lora)[0]
    assert config.instruction.gradient_checkpointing
    assert needed[True] < 0.75 * gpu and 0.8 * gpu < needed[False]


def test_steps_are_tried_as_they_will_be_taken(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, loss = set(), cost.next_token_loss

    def spied(model: PreTrainedModel, *given: Any) -> torch.Tensor:
        seen.add(model.is_activation_checkpointing)
        return loss(model, *given)

    monkeypatch.setattr(cost, "next_token_loss", spied)
    assert main(["recipes", "validate", str(recipe), "grounding.gradient_checkpointing=true"]) == 0
    assert seen == {True}


def test_every_problem_of_the_data_is_said_at_once(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = write_shop(tmp_path)
    items = (tmp_path / "kurse.csv").read_text().replace("K0002;", "K0001;").replace("04.01.2025", "2025-01-04")
    (tmp_path / "kurse.csv").write_text(items)
    files.write_text(files.read_text().replace("Bezeichnung", "Bezeichnug"))
    assert main(["recipes", "validate", str(recipe), f"data.files={files}"]) == 1
    said = capsys.readouterr().err
    assert "did you mean 'Bezeichnung'?" in said
    assert "kurse.csv:4 [Kurs-Nr] the id 'K0001' is used again, first in kurse.csv:3" in said
    assert "cannot read '2025-01-04' as a date or time of the format '%d.%m.%Y'" in said


def test_settings_come_first(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "validate", str(recipe), "instruction.recomend=3"]) == 1
    assert "unknown key 'recomend', did you mean 'recommend'?" in capsys.readouterr().err


def test_adapters_take_less_than_all_weights(recipe: Path) -> None:
    """Frozen layers are read, at 4 bytes a weight or half a byte; embedding and head are trained as a whole."""
    config = load_config(recipe)
    shape, stage = cost._model(config.base, 500, 0), config.instruction
    weights, embedding = sum(w.numel() for w in shape.parameters()), 500 * 16
    linear = {n: m for n, m in shape.named_modules() if isinstance(m, torch.nn.Linear) and "lm_head" not in n}
    adapters = sum(4 * (m.in_features + m.out_features) for m in linear.values())
    assert cost._adapted(shape, Lora(rank=4)) == embedding + adapters
    some = sum(4 * (m.in_features + m.out_features) for n, m in linear.items() if n.endswith("q_proj"))
    assert cost._adapted(shape, Lora(rank=4, targets=("q_proj",))) == embedding + some
    whole, lora, qlora = (
        cost._memory(shape, weights, stage, 1024, how)[0] for how in (None, Lora(rank=4), Lora(rank=4, bits=4))
    )
    state = 16 * (embedding + adapters)
    assert lora - whole == pytest.approx(state + 4 * (weights - embedding) - 16 * weights)
    assert lora - qlora == pytest.approx(3.45 * (weights - embedding))


def test_what_lora_trains_is_said(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "validate", str(recipe), "lora={rank: 2}", "instruction.weight_decay=0"]) == 0
    assert re.search(r"million, 0\.0 of them trained", capsys.readouterr().out)
