"""Obedience: lists are what the constraint leaves, they are learned as they were found, and nothing else is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset as Rows
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_world import make_tiny_soft_bundle

from neo.catalog.activity import Dataset
from neo.cli import main
from neo.decoding.beam import search_spans
from neo.language.render import IGNORED
from neo.listeners.familiarity import familiarity
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.training import trainer
from neo.training.codebooks import Codebooks
from neo.training.config import ObedienceStage, load_config
from neo.training.obedience import stage as stage_module
from neo.training.obedience.asked import Question, Questions
from neo.training.obedience.lists import Lister, write_lists
from neo.training.obedience.trainer import Rehearsing, list_loss, with_rows
from neo.training.run import Run
from neo.training.trainer import Interrupted
from neo_sdk.errors import ConfigError

RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
language: {{rows: 50, max_tokens: 64}}
grounding: {{tokens: 1024, warmup: 1}}
instruction: {{tokens: 512, history: 6, recommend: 12, recommend_short: 8, search: 8, lookup: 8, verbalize: 8,
               explain: 12, understand: 4, recommend_mixed: 4, search_mixed: 4, chat: 4, warmup: 1}}
listener: {{dim: 6, item_dim: 5, moments: 200, epochs: 1}}
obedience: {{unfamiliar: 20, familiar: 10, plain: 9, tokens: 400, warmup: 1, learning_rate: 0.01,
             items: 10, log_steps: 1}}
evaluation: {{cases: 10, searches: 5, beams: 30}}
"""
STAGE = ObedienceStage(familiar=12, unfamiliar=20, plain=9)
VISIBLE = np.arange(90)  # the last ten audiobooks are not out yet


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "bf16_is_fast", lambda: False)


@pytest.fixture(scope="module")
def neo(tiny_soft_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_soft_bundle)


@pytest.fixture(scope="module")
def questions(neo: NeoModel, tiny_dataset: Dataset) -> Questions:
    return Questions(neo, tiny_dataset, STAGE, 60.0, 0, None)


@pytest.fixture(scope="module")
def asked(questions: Questions) -> list[Question]:
    return list(questions.asked())


# What is asked, and what grants it


def test_all_kinds_are_asked_and_what_grants_them_is_what_they_say(
    questions: Questions, asked: list[Question], tiny_dataset: Dataset
) -> None:
    catalog, events = tiny_dataset.catalog, tiny_dataset.events
    assert {one.mode for one in asked} == {"any", "familiar", "unfamiliar"}
    for one in asked:
        life, times = events.history(one.moment.listener), events.times(one.moment.listener)
        before = life[times < one.moment.when]
        assert set(questions.heard(one)) == set(before.tolist())
        assert one.mode == "any" or catalog.types[one.type_code].parent
        granting = questions.granting(one)
        for row in range(len(catalog)):
            known = familiarity(row, before, times[: len(before)], one.moment.when, catalog.parent_rows)
            assert granting[row] == (one.mode in ("any", known))


def test_prompts_say_what_is_asked_for(neo: NeoModel, asked: list[Question]) -> None:
    plain, new = (
        [neo.bundle.vocabulary.decode(one.prompt) for one in asked if one.mode == mode]
        for mode in ("any", "unfamiliar")
    )
    assert plain and new and not any(" new" in text for text in plain)
    assert sum(text.endswith(" new") for text in new) > len(new) / 3  # the others ask in a sentence


# Lists


@given(st.integers(0, 60), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_a_list_is_shared_out_as_the_decoder_ranks_it(
    neo: NeoModel, questions: Questions, asked: list[Question], at: int, items: int
) -> None:
    one = asked[at % len(asked)]
    lists = list(Lister(neo, questions, VISIBLE, items).lists([one]))
    catalog, table, vocabulary = neo.bundle.catalog, neo.bundle.sids.table, neo.bundle.vocabulary
    name, heard = catalog.type_names[one.type_code], questions.heard(one)
    may = np.isin(np.arange(len(catalog)), VISIBLE) & ~np.isin(np.arange(len(catalog)), heard)
    right = may & questions.granting(one) & (catalog.type_codes == one.type_code)
    left = neo.index.only([name]).filtered(right)
    (found,) = search_spans(
        neo.bundle.model, vocabulary, left, [one.prompt], [(name,)], k=items, beams=items
    )  # fmt: skip
    if not right.any():
        assert not lists and not found
        return
    (listed,) = lists
    weights = np.exp([item.score for item in found])
    nodes = dict[tuple[int, ...], float]()
    for item, weight in zip(found, weights / weights.sum(), strict=True):
        for level in range(len(item.codes)):
            prefix = item.codes[: level + 1]
            nodes[prefix] = nodes.get(prefix, 0.0) + float(weight)
    rows = np.flatnonzero(may & (catalog.type_codes == one.type_code))
    codes_of = {tuple(codes) for codes in table.codes_of_rows(rows).tolist()}
    starts = [vocabulary.code_start(name, level) for level in range(vocabulary.levels)]
    prefixes = list[tuple[int, ...]]()
    for place, (token, parent) in enumerate(zip(listed.tree.tokens, listed.tree.parents, strict=True)):
        before = () if parent < 0 else prefixes[parent]
        level = len(before)
        prefixes.append((*before, token - starts[level]))
        assert listed.shares[place] == pytest.approx(nodes.pop(prefixes[-1]), abs=1e-5)
        leading = {codes[level] for codes in codes_of if codes[:level] == before}
        assert {code - starts[level] for code in listed.tree.among[place]} == leading
    assert not nodes


def test_the_loss_is_the_cross_entropy_of_lists(neo: NeoModel, questions: Questions, asked: list[Question]) -> None:
    """Against the decoder's own log-probabilities without the constraint, item by item."""
    vocabulary, catalog = neo.bundle.vocabulary, neo.bundle.catalog
    lister, costs = Lister(neo, questions, VISIBLE, 8), []
    lists = list(lister.lists(asked[::4]))
    for one in asked[::4]:
        name = catalog.type_names[one.type_code]
        may = np.isin(np.arange(len(catalog)), VISIBLE) & ~np.isin(np.arange(len(catalog)), questions.heard(one))
        index = neo.index.only([name])
        constrained, free = (
            search_spans(neo.bundle.model, vocabulary, index.filtered(rows), [one.prompt], [(name,)], k=k, beams=k)[0]
            for rows, k in ((may & questions.granting(one), 8), (may, 100))
        )
        if constrained:
            weights = np.exp([item.score for item in constrained])
            said = {item.row: item.score for item in free}
            costs.append(-sum(w * said[item.row] for w, item in zip(weights / weights.sum(), constrained, strict=True)))
    codebooks = Codebooks.of(vocabulary, neo.index)
    with torch.no_grad():
        loss = list_loss(neo.bundle.model, vocabulary, codebooks, lists)
    assert loss.item() == pytest.approx(np.mean(costs) / vocabulary.levels, abs=1e-4)


def test_lists_are_learned(tiny_dataset: Dataset) -> None:
    """With a few steps the model gives by itself what it gave under the constraint."""
    neo = NeoModel(make_tiny_soft_bundle(tiny_dataset))
    questions = Questions(neo, tiny_dataset, STAGE.model_copy(update={"plain": 0}), 60.0, 0, None)
    lister = Lister(neo, questions, VISIBLE, 10)
    lists = list(lister.lists(list(questions.asked())))
    model, codebooks = neo.bundle.model, Codebooks.of(neo.bundle.vocabulary, neo.index)
    optimizer, costs = torch.optim.AdamW(model.parameters(), lr=0.01), []
    least = np.mean([-sum(s * np.log(s) for s in ends(one)) for one in lists]) / neo.bundle.vocabulary.levels
    for _ in range(60):
        loss = list_loss(model, neo.bundle.vocabulary, codebooks, lists)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        costs.append(loss.item())
    assert costs[0] > least and costs[-1] - least < 0.6 * (costs[0] - least)


def ends(listed) -> list[float]:
    """The shares of a list's items."""
    within = set(listed.tree.parents)
    return [share for place, share in enumerate(listed.shares) if place not in within]


# Steps


@given(st.integers(1, 40), st.integers(1, 60), st.integers(2, 4), st.integers(0, 99))
def test_every_step_has_one_batch_of_lists_and_every_list_comes_once(
    lists: int, others: int, per_step: int, seed: int
) -> None:
    lengths = np.random.default_rng(seed).integers(5, 40, size=lists + others)
    steps = Rehearsing(lengths, 60, per_step, seed, lists)
    for epoch in range(2):
        steps.set_epoch(epoch)
        batches = list(steps)
        assert len(batches) == len(steps) and not len(batches) % per_step
        for at, batch in enumerate(batches):
            learned = {row < lists for row in batch}
            assert learned == {(at + 1) % per_step == 0}
        own = [row for batch in batches for row in batch if row < lists]
        assert sorted(own) == list(range(lists))
        for step in range(len(batches) // per_step):
            found = np.concatenate(batches[step * per_step : (step + 1) * per_step])
            assert steps.rows_of(epoch * (len(batches) // per_step) + step).tolist() == found.tolist()
        assert steps.weight(len(batches) // per_step - 1) == 1


def test_rows_of_lists_stand_before_the_others(tmp_path: Path, neo: NeoModel, questions: Questions) -> None:
    said, asked = list[str](), list(questions.asked())
    write_lists(Lister(neo, questions, VISIBLE, 5), asked, tmp_path / "lists.parquet", said.append)
    lists = Rows.from_parquet(str(tmp_path / "lists.parquet"), cache_dir=str(tmp_path))
    rows = with_rows(lists, Rows.from_list([{"input_ids": [1, 2, 3], "labels": [IGNORED, 2, 3]}]))
    assert len(rows) == len(lists) + 1 and f"{len(lists)} lists" in said[-1]
    assert rows["place"][:] == [*range(len(lists)), -1] and rows[-1]["length"] == 3
    assert all(row["length"] == len(one["prompt"]) + len(one["tokens"]) for row, one in zip(rows, lists, strict=False))


# The run


def test_a_run_with_obedience_packs_what_it_has_left_and_resumes_to_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE.format(output=tmp_path / "runs"))
    assert main(["train", str(path)]) == 0
    assert "obedience: done" in capsys.readouterr().err
    run = Run(load_config(path), lambda _: None)
    neo, began = NeoModel.load(run.bundle_folder), run.left_by(run.folder / "stage3")
    left = dict(run.left_by(run.folder / "obedience").named_parameters())
    for name, weight in neo.bundle.model.named_parameters():
        assert torch.equal(weight, left[name]), name
    assert any(not torch.equal(weight, left[name]) for name, weight in began.named_parameters())
    monkeypatch.setattr(trainer, "SECONDS", -1)
    again = Run(load_config(path, ["name=again"]), stopping(3))
    again.borrow(run)
    with pytest.raises(Interrupted):
        again.all()
    written = (again.folder / "obedience" / stage_module.LISTS).stat().st_mtime_ns
    again.say = lambda _: None
    again.all()
    assert (again.folder / "obedience" / stage_module.LISTS).stat().st_mtime_ns == written
    other = NeoModel.load(again.bundle_folder).bundle.model
    for name, weight in other.named_parameters():
        assert torch.equal(weight, left[name]), name
    plain = Run(load_config(path, ["name=plain", "obedience=null"]), lambda _: None)
    plain.borrow(run)
    plain.all()
    assert plain.is_trained and not (plain.folder / "obedience").exists()


def stopping(step: int):
    def say(line: str) -> None:
        if line.startswith(f"step {step}/"):
            os.kill(os.getpid(), signal.SIGINT)

    return say


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("name: a\ndata: {world: {}}\n")
    for bad in ("obedience.accumulate=1", "obedience.weight=0", "obedience.average=0.9", "obedience.weight_decay=1"):
        with pytest.raises(ConfigError):
            load_config(path, ["obedience={}", bad])
    with pytest.raises(ConfigError, match="ask for some"):
        load_config(path, ["obedience={}"])
