"""Training keeps its promises: frozen rows stay, an interrupted run ends like an unbroken one, ties hold."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from small_models import TEXTS, extended, llama, qwen3, table
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from neo.language.render import Renderer
from neo.language.vocabulary import Vocabulary
from neo.training import trainer
from neo.training.base import save_base, scratch_tokenizer
from neo.training.batches import plan
from neo.training.config import GroundingStage, Pretrained, Stage
from neo.training.examples.rows import write_rows
from neo.training.freeze import train_only_rows
from neo.training.loss import next_token_loss
from neo.training.preference.pairs import write_pairs
from neo.training.pretrained import load_pretrained
from neo.training.regularize import AVERAGE, Averaging
from neo.training.trainer import Interrupted, StageTrainer, _last_whole, read_rows, train_stage
from neo_sdk.errors import TrainingError


def rows(vocabulary: Vocabulary, count: int = 24) -> Dataset:
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        length = int(rng.integers(6, 12))
        ids = np.where(
            rng.random(length) < 0.5, rng.integers(vocabulary.text_size, vocabulary.size, length), 40 + rng.integers(80)
        ).tolist()
        made.append({"input_ids": ids, "labels": [i if rng.random() < 0.6 else -100 for i in ids[:-1]] + ids[-1:]})
    return Dataset.from_list(made)


def padded(vocabulary: Vocabulary, folder: Path) -> PreTrainedTokenizerFast:
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.save(folder)
    return PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="<|pad|>", eos_token="<|end|>"
    )


def stage(**settings: object) -> Stage:
    usual = {"learning_rate": 0.01, "tokens": 50, "warmup": 1, "checkpoint_steps": 100}
    return Stage.model_validate({**usual, **settings})


def weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def test_a_warm_up_leaves_most_of_a_short_training_to_learn_in(tmp_path: Path) -> None:
    model, vocabulary, _ = extended()
    asked = stage(warmup=1_000, checkpoint_steps=1, log_steps=1)
    train_stage(model, padded(vocabulary, tmp_path), rows(vocabulary), asked, tmp_path, 0, lambda _: None)
    (last,) = (tmp_path / "checkpoints").glob("checkpoint-*")
    history = json.loads((last / "trainer_state.json").read_text())["log_history"]
    rates = [entry["learning_rate"] for entry in history if "learning_rate" in entry]
    assert len(rates) >= 5 and max(rates) == pytest.approx(asked.learning_rate, rel=0.1)


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("make", [qwen3, llama])
def test_stage_2_changes_the_new_rows_and_nothing_else(make, tied: bool, tmp_path: Path) -> None:
    model, vocabulary, _ = extended(make, tied)
    before = weights(model)
    train_only_rows(model, vocabulary.new_rows)
    train_stage(
        model,
        padded(vocabulary, tmp_path),
        rows(vocabulary),
        GroundingStage(tokens=50, warmup=1),
        tmp_path,
        0,
        lambda _: None,
    )
    matrices = {"model.embed_tokens.weight", "lm_head.weight"}
    for name, tensor in model.state_dict().items():
        old = vocabulary.text_size if name in matrices else len(tensor)
        assert torch.equal(tensor[:old], before[name][:old]), name
        if name in matrices:
            changed = (tensor[old:] != before[name][old:]).any(dim=1)
            assert changed.float().mean() > 0.9, name
    same = model.get_input_embeddings().weight.data_ptr() == model.get_output_embeddings().weight.data_ptr()
    assert same is tied


@pytest.mark.parametrize(
    ("stop", "accumulate", "more"),
    [(1, 1, {}), (8, 1, {}), (1, 2, {}), (4, 2, {}), (3, 1, {"dropout": 0.2, "average": 0.9})],
)
def test_resumed_training_ends_like_unbroken_training(
    stop: int, accumulate: int, more: dict[str, float], tmp_path: Path
) -> None:
    """Stopped in the first epoch, and in the second one."""
    results = []
    for stopped in (False, True):
        model, vocabulary, _ = extended()
        folder = tmp_path / str(stopped)
        tokenizer = padded(vocabulary, folder)

        def say(line: str, stopped: bool = stopped) -> None:
            if stopped and line.startswith(f"step {stop}/"):
                os.kill(os.getpid(), signal.SIGINT)

        settings, said = stage(epochs=2, log_steps=stop, accumulate=accumulate, **more), list[str]()
        if stopped:
            with pytest.raises(Interrupted, match="run the same command again"):
                train_stage(model, tokenizer, rows(vocabulary), settings, folder, 0, say)
            model, _, _ = extended()  # a new process starts from the stage's beginning
        train_stage(model, tokenizer, rows(vocabulary), settings, folder, 0, said.append)
        assert any(line.startswith("resuming from") for line in said) is stopped
        results.append(weights(model))
    for name, tensor in results[0].items():
        assert torch.equal(tensor, results[1][name]), name


def test_a_crash_before_the_average_is_written_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Averaging.on_save

    def on_save(averaging: Averaging, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step > 1:
            raise KeyboardInterrupt
        whole(averaging, args, state, control, **more)

    monkeypatch.setattr(Averaging, "on_save", on_save)
    model, vocabulary, _ = extended()
    settings = stage(average=0.9, checkpoint_steps=1)
    with pytest.raises(KeyboardInterrupt):
        train_stage(model, padded(vocabulary, tmp_path), rows(vocabulary), settings, tmp_path, 0, lambda _: None)
    last = _last_whole(tmp_path / "checkpoints", [AVERAGE])
    assert last is not None and last.endswith("checkpoint-1")


def test_all_batches_of_a_step_count_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they hold: here the long rows have many labels and the short ones two."""
    monkeypatch.setattr(trainer, "bf16_is_fast", lambda: False)
    model, vocabulary, _ = extended()
    long = rows(vocabulary, 6).to_list()
    short = [
        {"input_ids": row["input_ids"][:3], "labels": row["input_ids"][:3]} for row in rows(vocabulary, 9).to_list()
    ]
    data = Dataset.from_list(long + short)
    steps = plan(np.array([len(row["input_ids"]) for row in data]), 30, 2, np.random.default_rng([0, 0]))
    assert len(steps) > 1 and len({len(batch) for batch in steps[0]}) == 2

    def loss_of(batch: np.ndarray) -> float:
        chosen = [data[int(at)] for at in batch]
        longest = max(len(row["input_ids"]) for row in chosen)
        ids = [row["input_ids"] + [vocabulary.pad] * (longest - len(row["input_ids"])) for row in chosen]
        labels = [row["labels"] + [-100] * (longest - len(row["labels"])) for row in chosen]
        return next_token_loss(model, torch.tensor(ids), torch.tensor(labels)).item()

    expected, said = np.mean([loss_of(batch) for batch in steps[0]]), list[str]()
    settings = stage(tokens=30, accumulate=2, log_steps=1)
    train_stage(model, padded(vocabulary, tmp_path), data, settings, tmp_path, 0, said.append)
    assert said[0].startswith("in full precision, 15 rows, ") and said[1].startswith(
        f"step 1/{len(steps)}  loss {expected:.3f}"
    )


def test_nobody_is_told_that_a_model_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As TRL does, anywhere but where `CI` is set."""
    import trl.trainer.base_trainer as told

    sent = list[object]()
    monkeypatch.setattr(told, "send_telemetry", lambda *arguments, **_: sent.append(arguments))
    monkeypatch.delenv("CI", raising=False)
    _, vocabulary, _ = extended()
    model, _, _ = extended()
    train_stage(model, padded(vocabulary, tmp_path), rows(vocabulary, 9), stage(), tmp_path, 0, lambda line: None)
    assert not sent and hasattr(told._BaseTrainer, "_send_telemetry")


def test_half_precision_reaches_the_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """accelerate puts autocast around the forward of what it is given, which is the loss. Attention stays as it was."""
    seen = set[tuple[bool, str]]()

    def loss(model: Any, *arguments: Any) -> torch.Tensor:
        seen.add((torch.is_autocast_enabled("cpu"), model.config._attn_implementation))
        return next_token_loss(model, *arguments)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(trainer, "bf16_is_fast", lambda: True)
    monkeypatch.setattr(trainer, "next_token_loss", loss)
    model, vocabulary, _ = extended()
    train_stage(model, padded(vocabulary, tmp_path), rows(vocabulary), stage(), tmp_path, 0, lambda _: None)
    assert seen == {(True, "sdpa_float32")} and model.config._attn_implementation == "sdpa"


def test_a_checkpoint_torn_by_a_crash_is_left_aside(tmp_path: Path) -> None:
    model, vocabulary, _ = extended()
    torn = tmp_path / "checkpoints" / "checkpoint-3"
    torn.mkdir(parents=True)
    (torn / "trainer_state.json").write_text('{"epoch": 0.')
    train_stage(model, padded(vocabulary, tmp_path), rows(vocabulary), stage(), tmp_path, 0, lambda _: None)
    assert not torn.exists()


def test_a_stage_without_rows_says_so(tmp_path: Path) -> None:
    model, vocabulary, _ = extended()
    nothing = rows(vocabulary).select([])
    with pytest.raises(TrainingError, match="no training rows"):
        train_stage(model, padded(vocabulary, tmp_path), nothing, stage(), tmp_path, 0, lambda _: None)
    renderer = Renderer(vocabulary, table())
    write_rows([], renderer, tmp_path / "rows.parquet", 16, True, lambda _: None)
    write_pairs([], renderer, tmp_path / "pairs.parquet", 16, lambda _: None)
    for name in ("rows.parquet", "pairs.parquet"):
        with pytest.raises(TrainingError, match="no training rows"):
            read_rows(tmp_path / name)


def test_scoring_only_trained_positions_changes_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    monkeypatch.setattr(trainer, "bf16_is_fast", lambda: False)  # what rounds otherwise would differ
    for own in (True, False):
        model, vocabulary, _ = extended()
        with monkeypatch.context() as patch:
            if not own:
                patch.delattr(StageTrainer, "compute_loss")
                patch.delattr(StageTrainer, "_wrap_model")
            train_stage(
                model,
                padded(vocabulary, tmp_path / str(own)),
                rows(vocabulary),
                stage(),
                tmp_path / str(own),
                0,
                lambda _: None,
            )
        results.append(weights(model))
    for name, tensor in results[0].items():
        assert torch.allclose(tensor, results[1][name], atol=1e-4), name


@pytest.mark.parametrize("make", [qwen3, llama])
def test_a_local_hugging_face_folder_is_a_base(make, tmp_path: Path) -> None:
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = make(tokenizer.get_vocab_size(), False).to(torch.bfloat16)
    save_base(model, tokenizer, tmp_path)
    loaded, found = load_pretrained(Pretrained(model=str(tmp_path)))
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert found.encode("calm sea").ids == tokenizer.encode("calm sea").ids
    with pytest.raises(TrainingError, match=r"a folder with config\.json"):
        load_pretrained(Pretrained(model=str(tmp_path / "nowhere")))
