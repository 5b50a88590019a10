"""Stage 4: rewards are read off the catalog, pairs are what they say, DPO learns them, and the guard keeps hits."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from datasets import Dataset as Rows
from hypothesis import given
from hypothesis import strategies as st
from small_models import extended, table
from test_stages import padded as tokenizer_of
from test_stages import weights

from neo.catalog.activity import Dataset
from neo.cli import main
from neo.decoding.index import SidIndex
from neo.evaluation.claims import About
from neo.evaluation.fact_check import Checked, Claim, Verdict
from neo.language.prompts import Context
from neo.language.render import IGNORED, Renderer
from neo.language.vocabulary import Vocabulary
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.training import trainer
from neo.training.codebooks import Codebooks
from neo.training.config import Dpo, PreferenceStage, load_config
from neo.training.loss import next_token_loss, row_log_probs
from neo.training.preference import trainer as preference_trainer
from neo.training.preference.asked import Lives
from neo.training.preference.cases import Told, Worth, held_out, last_cases, worth
from neo.training.preference.guard import BEST, SEEN, Guard
from neo.training.preference.pairs import Pairs
from neo.training.preference.rewards import Rewards, item_rewards, list_terms, truth
from neo.training.preference.trainer import PreferenceTrainer, references
from neo.training.run import Run
from neo.training.trainer import Interrupted, train_stage
from neo_sdk.errors import ConfigError

RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
grounding: {{tokens: 1024, warmup: 1}}
instruction: {{tokens: 512, history: 6, recommend: 24, recommend_short: 8, search: 8, lookup: 8, verbalize: 8,
               explain: 24, understand: 4, recommend_mixed: 4, search_mixed: 4, chat: 4, warmup: 1}}
listener: {{dim: 6, item_dim: 5, moments: 200, epochs: 1}}
preference: {{dpo: {{}}, tokens: 512, warmup: 1, lists: 24, texts: 2, drawn: 2, cases: 10, told: 1, every: 3,
              tolerance: 1.0, learning_rate: 0.01}}
evaluation: {{cases: 10, searches: 5, beams: 30}}
"""
STAGE = PreferenceStage(dpo=Dpo(), tokens=120, warmup=1, epochs=4, learning_rate=0.01, checkpoint_steps=100)


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (trainer, preference_trainer):
        monkeypatch.setattr(module, "bf16_is_fast", lambda: False)


# Rewards


def checked(*verdicts: Verdict) -> Checked:
    about: About = "item"
    return Checked("", tuple(Claim(n, n + 1, about, "topic", "", verdict) for n, verdict in enumerate(verdicts)))


def test_truth_asks_for_claims_and_for_no_false_ones() -> None:
    yes, no, open_ = "supported", "contradicted", "not checkable"
    assert truth(checked()) == truth(checked(open_, open_)) == 0
    assert truth(checked(yes)) == pytest.approx(1 / 3)
    assert truth(checked(yes, yes, yes)) == truth(checked(*[yes] * 5)) == 1
    assert truth(checked(yes, no)) == truth(checked(no)) == 0
    assert truth(checked(yes, yes, yes, no)) == pytest.approx(0.5)


@given(
    st.lists(st.integers(0, 99), min_size=1, max_size=12, unique=True),
    st.sets(st.integers(0, 99), min_size=1),
    st.data(),
)
def test_terms_of_a_list_are_what_brute_force_says(
    tiny_dataset: Dataset, tiny_bundle: Bundle, rows: list[int], met: set[int], data: st.DataObject
) -> None:
    sids, parents = tiny_bundle.sids.table, tiny_bundle.catalog.parent_rows
    history = data.draw(st.lists(st.integers(0, 99), max_size=8))
    hit, new, diverse = list_terms(np.array(rows), met, np.array(history, dtype=int), parents, sids, k=10)
    first = rows[:10]
    gain = sum(1 / np.log2(place + 2) for place, row in enumerate(first) if row in met)
    assert hit == pytest.approx(gain / sum(1 / np.log2(place + 2) for place in range(min(10, len(met)))))

    def whole(row: int) -> int:
        return row if parents[row] < 0 else int(parents[row])

    assert new == pytest.approx(np.mean([whole(row) not in {whole(one) for one in history} for row in first]))
    codes = {row: sids.codes_of_rows([row])[0].tolist() for row in first}

    def alike(one: int, other: int) -> float:
        shared = 0
        while shared < sids.levels and codes[one][shared] == codes[other][shared]:
            shared += 1
        return shared / sids.levels

    pairs = [alike(one, other) for one in first for other in first if one != other]
    assert diverse == pytest.approx(1 - (np.mean(pairs) if pairs else 0))


def test_an_item_is_worth_its_terms(tiny_bundle: Bundle) -> None:
    sids, parents = tiny_bundle.sids.table, tiny_bundle.catalog.parent_rows
    group, history = np.arange(5), np.array([0, 20])  # shows; the episode 20 is of the show 0
    only = {name: 0.0 for name in Rewards.model_fields}
    found = {
        name: item_rewards(group, {3}, history, parents, sids, Rewards.model_validate({**only, name: 2.0}))
        for name in ("hit", "unfamiliar", "diversity")
    }
    assert found["hit"].tolist() == [0, 0, 0, 2, 0]
    assert found["unfamiliar"].tolist() == [0, 2, 2, 2, 2]
    assert ((found["diversity"] >= 0) & (found["diversity"] <= 2)).all()
    assert item_rewards(group[:1], {3}, history, parents, sids, Rewards()).tolist() == [pytest.approx(0.1)]


# Who is held out


def test_the_last_cases_are_new_items_of_who_is_held_out(tiny_dataset: Dataset) -> None:
    events, catalog = tiny_dataset.events, tiny_dataset.catalog
    out = held_out(len(tiny_dataset.listeners), 0.3, seed=0)
    assert out.sum() == round(0.3 * len(out)) and (out == held_out(len(out), 0.3, seed=0)).all()
    cases = last_cases(events, catalog.type_codes, catalog.type_names, out, 100, seed=0)
    assert cases and {case.listener for case in cases} <= set(np.flatnonzero(out).tolist())
    for case in cases:
        life = events.history(case.listener).tolist()
        cut = len(case.history)
        assert life[:cut] == case.history.tolist() and life[cut] == case.target not in life[:cut]
        later = [row for place, row in enumerate(life) if place > cut and row not in life[:place]]
        assert case.type not in {catalog.type_of(row) for row in later}
    one = last_cases(events, catalog.type_codes, catalog.type_names, out, 1, seed=0)
    assert [case.type for case in one] == list(dict.fromkeys(case.type for case in cases))


# The loss


def pair_rows(vocabulary: Vocabulary, count: int = 12) -> Rows:
    """A history of one show, after which another is preferred to a third; and a text to another."""
    from neo.language.segments import Text, Turn

    renderer, made = Renderer(vocabulary, table()), []
    for n in range(count):
        if n % 2:
            turns = [Turn(Context("", (0, row), learned_from=1).unfinished(), None) for row in (1, 2)]
        else:
            turns = [Turn((Text("Say it."),), (Text(said),)) for said in ("salt, told slowly", "trains")]
        best, worst = (renderer.example((turn,), learn_history=True) for turn in turns)
        made.append(
            {"input_ids": best.ids, "labels": best.labels, "rejected_ids": worst.ids, "rejected_labels": worst.labels}
        )
    return Rows.from_list(made)


def test_what_a_row_is_scored_by_is_what_the_stages_before_are_trained_by() -> None:
    model, vocabulary, _ = extended()
    codebooks, rows = Codebooks.of(vocabulary, SidIndex.build(table())), pair_rows(vocabulary)
    batch = PreferenceTrainer.collator(vocabulary.pad)([{**row, "reference": 0.0} for row in rows])
    ids, labels = batch["input_ids"], batch["labels"]
    found = row_log_probs(model, ids, labels, codebooks)
    for place in range(len(ids)):
        trained = (labels[place, 1:] != IGNORED).sum()
        loss = next_token_loss(model, ids[place][None], labels[place][None], codebooks)
        assert found[place].item() == pytest.approx(-(loss * trained).item(), abs=1e-4)
    apart = references(model, rows, STAGE, vocabulary.pad, codebooks)
    best, worst = found.chunk(2)
    assert apart == pytest.approx((best - worst).tolist(), abs=1e-4)


def test_what_is_preferred_becomes_likelier(tmp_path: Path) -> None:
    model, codebooks, rows, apart = learned(tmp_path)
    vocabulary = extended()[1]
    later = references(model, rows, STAGE, vocabulary.pad, codebooks)
    assert all(now > before + 0.1 for now, before in zip(later, apart, strict=True))


def learned(folder: Path, guard: Guard | None = None, stop: int = 0, model=None):
    begun, vocabulary, _ = extended()
    model = begun if model is None else model
    codebooks, rows = Codebooks.of(vocabulary, SidIndex.build(table())), pair_rows(vocabulary)
    apart = references(begun, rows, STAGE, vocabulary.pad, codebooks)
    rows = rows.add_column("reference", np.array(apart, dtype=np.float32))
    stage = STAGE.model_copy(update={"log_steps": max(stop, 1)})

    def say(line: str) -> None:
        if stop and line.startswith(f"step {stop}/"):
            os.kill(os.getpid(), signal.SIGINT)

    folder.mkdir(exist_ok=True)
    tokenizer = tokenizer_of(vocabulary, folder)
    train_stage(model, tokenizer, rows, stage, folder, 0, say, codebooks, PreferenceTrainer, guard)
    return model, codebooks, rows, apart


# The guard


def guard_of(model: torch.nn.Module, folder: Path, found: list[tuple[float, float]], said: list[str]) -> Guard:
    """One that finds these (reward, HR@10), one after the other."""
    folder.mkdir(exist_ok=True)

    def measure() -> Worth:
        reward, hr = found.pop(0) if len(found) > 1 else found[0]
        return Worth(reward, hr, 0.0, 0.0, 0.0, None)

    return Guard(model, measure, 2, 0.01, folder, said.append)  # type: ignore[arg-type]


def test_the_guard_stops_where_hits_fall_and_keeps_the_best(tmp_path: Path) -> None:
    model, said = extended()[0], list[str]()
    found = [(0.5, 0.30), (0.55, 0.31), (0.6, 0.295), (0.9, 0.28)]  # the third lost a little, the fourth too much
    guard = guard_of(model, tmp_path, list(found), said)
    learned(tmp_path, guard, model=model)
    assert [step for step, _ in guard.seen] == [0, 2, 4, 6] and guard.best[0] == 2
    assert "HR@10 has fallen from 0.3000 by more than 0.01: stopped" in said
    assert [(one["reward"], one["hr"]) for _, one in json.loads((tmp_path / SEEN).read_text())] == found
    other = extended()[0]
    stopped = guard_of(other, tmp_path / "other", [*found[:2], (0.1, 0.0)], said)
    learned(tmp_path / "other", stopped, model=other)
    for name, tensor in weights(model).items():
        assert torch.equal(tensor, weights(other)[name]), name


def test_without_anything_better_the_stage_changes_nothing(tmp_path: Path) -> None:
    model = extended()[0]
    before = weights(model)
    guard = guard_of(model, tmp_path, [(0.5, 0.3), (0.4, 0.3)], [])
    learned(tmp_path, guard, model=model)
    assert guard.best[0] == 0
    for name, tensor in weights(model).items():
        assert torch.equal(tensor, before[name]), name


@pytest.mark.parametrize("stop", [1, 5])
def test_a_guarded_stage_resumes_to_the_same_end(stop: int, tmp_path: Path) -> None:
    results = []
    found = [(0.5, 0.3), (0.6, 0.3), (0.7, 0.3), (0.4, 0.3)]
    for stopped in (False, True):
        model, left, folder = extended()[0], list(found), tmp_path / str(stopped)
        if stopped:
            with pytest.raises(Interrupted):
                learned(folder, guard_of(model, folder, left, []), stop, model)
            (last,) = (folder / "checkpoints").glob("checkpoint-*")
            assert (last / BEST).is_file()
            model = extended()[0]
        guard = guard_of(model, folder, left, [])
        learned(folder, guard, model=model)
        results.append((weights(model), guard.seen))
    assert results[0][1] == results[1][1]
    for name, tensor in results[0][0].items():
        assert torch.equal(tensor, results[1][0][name]), name


# Pairs and the run


@pytest.mark.parametrize("in_words", [False, True])
def test_a_pair_is_what_came_next_and_something_else_the_model_named(
    in_words: bool, tiny_dataset: Dataset, tiny_soft_bundle: Bundle
) -> None:
    bundle = tiny_soft_bundle
    if in_words:
        bundle = replace(bundle, config={"name": "tiny", "instruction": {"history": 5}})
    neo, stage = NeoModel(bundle), PreferenceStage(dpo=Dpo(), drawn=4)
    out, visible = np.zeros(15, dtype=bool), np.arange(90)  # the last ten audiobooks are not out yet
    out[3] = True
    asked = Lives(tiny_dataset, stage, 5, out, np.random.default_rng(0)).asked(40)
    pairs = Pairs(tiny_dataset, visible, stage, np.random.default_rng(0))
    assert asked and 3 not in {one.moment.listener for one in asked}
    assert {one.type_code for one in asked} == {0, 1, 2}
    renderer, seen = Renderer(bundle.vocabulary, bundle.sids.table), 0
    for pair in pairs.of_items(neo, asked):
        if pair is None:
            continue
        best, worst = (renderer.example((turn,), learn_history=True) for turn in pair)
        differ = [place for place, (one, other) in enumerate(zip(best.ids, worst.ids, strict=True)) if one != other]
        assert differ and differ[-1] - differ[0] < bundle.vocabulary.levels
        named = [
            [i for i in row.labels if i != IGNORED and bundle.vocabulary.type_level_code(i)] for row in (best, worst)
        ]
        assert [len(codes) for codes in named] == [bundle.vocabulary.levels] * 2
        rows = []
        for codes in named:
            kinds = [bundle.vocabulary.type_level_code(code) for code in codes]
            rows.append(bundle.sids.table.row_of(kinds[0][0], [code for _, _, code in kinds]))  # type: ignore[index]
        assert all(row < 90 for row in rows)
        seen += 1
    assert seen > 10


def test_explanations_are_preferred_as_they_are_asked_for(
    tiny_dataset: Dataset, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pair's row begins with the very prompt that an explanation is asked with, in which it is begun already."""
    from neo.training.preference import pairs as module

    neo, said = NeoModel(tiny_bundle), ("It is calm.", "It is dark.")
    told = [Told(said[at], checked(what), (), (), True) for at, what in enumerate(("supported", "contradicted"))]
    monkeypatch.setattr(module, "explanations", lambda neo, asked, *_: told * (len(asked) // 2))
    stage = PreferenceStage(dpo=Dpo(), drawn=2)
    out, visible = np.zeros(len(tiny_dataset.listeners), dtype=bool), np.arange(len(tiny_dataset.catalog))
    asked = Lives(tiny_dataset, stage, neo.bundle.history_length, out, np.random.default_rng(0)).asked(6)
    pairs = Pairs(tiny_dataset, visible, stage, np.random.default_rng(0))
    renderer, catalog = Renderer(neo.bundle.vocabulary, neo.bundle.sids.table), tiny_dataset.catalog
    for one, pair in zip(asked, pairs.of_texts(neo, asked), strict=True):
        assert pair is not None
        who, history = tiny_dataset.listeners.id(one.moment.listener), map(catalog.id, one.moment.history)
        prompt = neo.prepare_explain(catalog.id(one.moment.upcoming[0]), who, list(history)).asked.prompt
        for turn, text in zip(pair, said, strict=True):
            ids = renderer.example((turn,)).ids
            assert ids[: len(prompt)] == prompt
            assert neo.bundle.vocabulary.decode(ids[len(prompt) : -1]).strip() == text
    assert asked


def test_a_run_with_stage_4_packs_what_it_has_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(RECIPE.format(output=tmp_path / "runs"))
    assert main(["train", str(path)]) == 0
    said = capsys.readouterr().err
    assert "stage 4, preference: done" in said and "held out, step 0" in said and "kept step" in said
    run = Run(load_config(path), lambda _: None)
    rows = pq.read_table(run.folder / "stage4" / "pairs.parquet").to_pylist()
    assert {row["task"] for row in rows} >= {"list"} and not (run.folder / "stage4" / "cache").exists()
    seen = json.loads((run.folder / "stage4" / SEEN).read_text())
    assert seen[0][0] == 0 and len(seen) > 2 and {"reward", "hr", "truth"} <= seen[0][1].keys()
    neo = NeoModel.load(run.bundle_folder)
    left = run.left_by(run.folder / "stage4").eval()
    for name, weight in neo.bundle.model.named_parameters():
        assert torch.equal(weight, dict(left.named_parameters())[name]), name
    out = held_out(len(run.known.listeners), 0.1, run.config.seed)
    cases = last_cases(run.known.events, run.known.catalog.type_codes, run.known.catalog.type_names, out, 10, 0)
    again = worth(neo, cases, 1, Rewards())
    assert max(one["reward"] for _, one in seen) == pytest.approx(again.reward, abs=1e-6)
    assert main(["train", str(path)]) == 0
    assert "stage 4, preference: reused" in capsys.readouterr().err
    assert main(["train", str(path), "preference=null", "name=plain"]) == 0
    plain = Run(load_config(path, ["preference=null", "name=plain"]), lambda _: None)
    assert plain.is_trained and not (plain.folder / "stage4").exists()
    monkeypatch.setattr("neo.training.preference.stage.last_cases", lambda *_: [])
    capsys.readouterr()
    assert main(["train", str(path), "preference.tolerance=0.5"]) == 1
    assert "raise preference.held_out" in capsys.readouterr().err


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("name: a\ndata: {world: {}}\n")
    for bad in (
        "preference.weight_decay=0.1",
        "preference.average=0.9",
        "preference.rewards.hits=1",
        "preference.drawn=1",
    ):
        with pytest.raises(ConfigError):
            load_config(path, ["preference.dpo={}", bad])
    for neither_or_both in ("preference={}", "preference={dpo: {}, grpo: {}}"):
        with pytest.raises(ConfigError, match="give exactly one of `dpo`"):
            load_config(path, [neither_or_both])
    with pytest.raises(ConfigError, match=r"preference.grpo.clip.*less than 1"):
        load_config(path, ["preference.grpo.clip=2"])
    with pytest.raises(ConfigError, match="it would move the rows that are frozen"):
        load_config(path, ["lora={}"])
    assert load_config(path, ["lora={}", "instruction.weight_decay=0"]).lora is not None
