"""The soft prompt in training: what rows stand on, that nobody's future is in it, and that it learns and resumes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import load_file
from small_models import extended
from test_stages import padded, rows, stage, weights

from neo.cli import main
from neo.language.segments import Vector
from neo.language.vocabulary import Vocabulary
from neo.language.wordings.modes import NOTES
from neo.listeners.soft_prompt import SOFT, SoftPrompt, attach, soft_prompt_of
from neo.model.neo_model import NeoModel
from neo.training.config import ListenerStage, load_config
from neo.training.examples.long_term import LongTerm
from neo.training.instruction import VECTORS
from neo.training.run import ROWS, Run
from neo.training.trainer import Interrupted, train_stage

RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
language: {{rows: 40}}
grounding: {{tokens: 4096, warmup: 1}}
instruction: {{tokens: 4096, history: 6, recommend: 24, recommend_short: 24, histories: 60, search: 8, lookup: 8,
               explain: 4, understand: 4, recommend_mixed: 4, search_mixed: 4, chat: 8, warmup: 1,
               familiar: 30, unfamiliar: 40}}
listener: {{dim: 6, item_dim: 5, moments: 200, epochs: 1, positions: 2, absent: 0.2}}
evaluation: {{cases: 10, searches: 5, beams: 30}}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes")
    path = folder / "tiny.yaml"
    path.write_text(RECIPE.format(output=folder / "runs"))
    assert main(["run", str(path), "--json", str(folder / "report.json")]) == 0
    return path


def test_each_vector_is_of_what_lies_before_the_item_that_it_stands_before(ran: Path) -> None:
    run = Run(load_config(ran), lambda _: None)
    table, vocabulary = pq.read_table(run.folder / "stage3" / ROWS), Vocabulary.load(run.folder / "stage2")
    vectors = load_file(run.folder / "stage3" / VECTORS)["vectors"]
    events, listeners, model = run.known.events, run.known.listeners, run.listener_model
    assert model is not None
    checked = 0
    for task, ids in zip(table["task"].to_pylist(), table["input_ids"].to_pylist(), strict=True):
        if task != "history":
            continue
        items, places = read_history(ids, vocabulary, run)
        for place, number in places:
            fits = [  # of some listener who met these items in this order, as of the item that comes next
                listener
                for listener in range(len(listeners))
                if set(items) <= set(events.history(listener).tolist())
                and np.allclose(
                    model.vectors(
                        events,
                        np.array([listener]),
                        np.array([when_met(run, listener, items[place])]),
                        listeners,
                        np.array([listener]),
                    ).values[0],
                    vectors[number],
                    atol=0.01,
                )
            ]
            assert fits
            checked += 1
    assert checked > 20


def read_history(ids: list[int], vocabulary: Vocabulary, run: Run) -> tuple[list[int], list[tuple[int, int]]]:
    """The items of a row's history, and (place, number) of the vectors among them."""
    codes: list[int] = []
    places, items = [], []
    for token in ids:
        found = vocabulary.type_level_code(token)
        if token >= SOFT and (token - SOFT) % 2 == 0:
            places.append((len(items), (token - SOFT) // 2))
        if found:
            codes.append(found[2])
            if found[1] == vocabulary.levels - 1:
                row = run.sids.table.row_of(found[0], codes)
                assert row is not None
                items.append(row)
                codes = []
    return items, places


def when_met(run: Run, listener: int, item: int) -> int:
    history, times = run.known.events.history(listener), run.known.events.times(listener)
    return int(times[history == item][0])


def test_some_prompts_go_without_and_searches_always_do(ran: Path) -> None:
    run = Run(load_config(ran), lambda _: None)
    table = pq.read_table(run.folder / "stage3" / ROWS)
    held: dict[str, list[bool]] = {}
    for task, ids in zip(table["task"].to_pylist(), table["input_ids"].to_pylist(), strict=True):
        held.setdefault(task, []).append(any(token >= SOFT for token in ids))
    assert not any(held["search"] + held["lookup"])
    assert 0.5 < np.mean(held["recommend"]) < 1  # 0.2 of them are to go without
    labels = [label for row in table["labels"].to_pylist() for label in row]
    assert max(labels) < SOFT  # nothing is learned to say a vector


@pytest.mark.parametrize("mode", ["familiar", "unfamiliar"])
def test_a_word_stands_right_before_what_it_asks_for_and_nothing_else_is_trained(ran: Path, mode: str) -> None:
    run = Run(load_config(ran), lambda _: None)
    vocabulary = Vocabulary.load(run.folder / "stage2")
    table = pq.read_table(run.folder / "stage3" / ROWS)
    table, said, several = table.filter(pc.equal(table["task"], mode)), set[str](), 0
    for ids, labels in zip(table["input_ids"].to_pylist(), table["labels"].to_pylist(), strict=True):
        inside = ids.index(vocabulary.open) + 1
        asked, words = list[int](), list[int]()  # the codes that words stand before, and the words
        for place in range(inside, len(ids) - 1):
            if ids[place] < vocabulary.text_size:
                words.append(ids[place])
                asked += [] if ids[place + 1] < vocabulary.text_size else ids[place + 1 : place + 1 + vocabulary.levels]
                if ids[place + 1] >= vocabulary.text_size:
                    said.add(vocabulary.decode(words))
                    words = []
        assert asked and [label for label in labels if label != -100] == asked
        several += len(asked) > vocabulary.levels
    assert len(table) == {"familiar": 30, "unfamiliar": 40}[mode] and several
    assert said == set(NOTES[mode])


def test_the_bundle_reads_vectors_and_the_report_says_what_modes_do(ran: Path) -> None:
    neo = NeoModel.load(load_config(ran).folder / "bundle")
    soft = soft_prompt_of(neo.bundle.model)
    assert soft is not None and soft.positions == 2 and neo.bundle.modes == ("familiar", "unfamiliar")
    report = json.loads((ran.parent / "report.json").read_text())
    assert {found["mode"] for found in report["modes"]} == {"familiar", "unfamiliar", "any"}
    assert [found["codes"] for found in report["codes"]][:2] == [1, 2]
    listener = neo.bundle.listeners.id(int(neo.bundle.events.listener[0]))
    with_it, without = (neo.recommend(listener, long_term=there) for there in (True, False))
    assert [part.score for part in with_it.parts] != [part.score for part in without.parts]  # type: ignore[union-attr]


def test_a_second_run_uses_the_listener_model_again(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(ran)]) == 0
    assert "listener model: reused" in capsys.readouterr().err
    changed, same = (Run(load_config(ran, more)) for more in (["listener.dim=7"], ["evaluation.cases=9"]))
    plain = Run(load_config(ran))
    assert changed._instruction_key != plain._instruction_key == same._instruction_key
    assert changed._grounding_key == plain._grounding_key


def test_a_row_asks_for_each_moment_once() -> None:
    soft = SoftPrompt("space", 3, 8)
    asked = LongTerm(soft, ListenerStage(often=1.0, absent=0.0), np.random.default_rng(0))
    life = asked.within_a_life(4, np.array([10, 20, 30]))
    assert life == tuple((place, Vector(soft.ids(place))) for place in range(3))
    assert asked.before_an_answer(4, 20) == soft.ids(1) and asked.before_an_answer(5, 20) == soft.ids(3)
    never = LongTerm(soft, ListenerStage(absent=0.999999), np.random.default_rng(0))
    assert never.within_a_life(4, np.array([10])) == () == never.before_an_answer(4, 1)


def test_a_soft_prompt_resumes_like_the_rest(tmp_path: Path) -> None:
    results = []
    for stopped in (False, True):
        folder = tmp_path / str(stopped)

        def started() -> tuple[torch.nn.Module, Vocabulary]:
            model, vocabulary, _ = extended()
            soft = SoftPrompt("space", 3, model.config.hidden_size)
            soft.start_like(model.get_input_embeddings().weight, torch.Generator().manual_seed(0))
            soft.source = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float16)
            attach(model, soft)
            return model, vocabulary

        model, vocabulary = started()
        some = rows(vocabulary).map(lambda row, n: {"input_ids": [SOFT + n, *row["input_ids"]]}, with_indices=True)
        some = some.map(lambda row: {"labels": [-100, *row["labels"]]})
        tokenizer = padded(vocabulary, folder)
        before = weights(model)  # type: ignore[arg-type]

        def say(line: str, stopped: bool = stopped) -> None:
            if stopped and line.startswith("step 3/"):
                os.kill(os.getpid(), signal.SIGINT)

        settings, said = stage(epochs=2, log_steps=3, average=0.5), list[str]()
        if stopped:
            with pytest.raises(Interrupted):
                train_stage(model, tokenizer, some, settings, folder, 0, say)  # type: ignore[arg-type]
            model, _ = started()
        train_stage(model, tokenizer, some, settings, folder, 0, said.append)  # type: ignore[arg-type]
        assert any(line.startswith("resuming from") for line in said) is stopped
        results.append(weights(model))  # type: ignore[arg-type]
        assert not torch.equal(before["soft_prompt.projection.weight"], results[-1]["soft_prompt.projection.weight"])
    for name, tensor in results[0].items():
        assert torch.equal(tensor, results[1][name]), name
