"""LoRA and QLoRA train what they say and nothing else, keep the new rows in float32, and merge to the same answers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_models import extended, llama, qwen3
from test_stages import padded, rows, stage
from torch import Tensor
from transformers import PreTrainedModel

from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import SOFT, SoftPrompt, attach, detach
from neo.training import lora as lora_module
from neo.training import precision, trainer
from neo.training.base import load_dense, load_model
from neo.training.lora import Lora, adapt, merged, quantized, save_adapters
from neo.training.trainer import Interrupted, train_stage
from neo_sdk.errors import ConfigError, TrainingError

Make = Callable[[int, bool], PreTrainedModel]


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (trainer, precision):
        monkeypatch.setattr(module, "bf16_is_fast", lambda: False)


def begun(make: Make, tied: bool, lora: Lora, folder: Path) -> tuple[PreTrainedModel, Vocabulary]:
    """What stage 3 begins with: what stage 2 has saved, now with adapters and a soft prompt."""
    model, vocabulary, _ = extended(make, tied)
    model.save_pretrained(folder / "plain")
    if lora.bits:
        model = load_model(folder / "plain", quantized(lora))
        model.save_pretrained(folder / "begin")
    else:
        model.save_pretrained(folder / "begin")
    model = load_model(folder / "begin")
    soft = SoftPrompt("space", 3, model.config.hidden_size)
    soft.source = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)).numpy()
    soft.start_like(model.get_input_embeddings().weight, torch.Generator().manual_seed(0))
    attach(model, soft)
    adapt(model, vocabulary.new_rows, lora, seed=0)
    return model, vocabulary


def weights(model: PreTrainedModel) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items() if isinstance(tensor, Tensor)}


def with_vectors(vocabulary: Vocabulary):
    """Rows that also read listeners' vectors."""

    def add(row: dict) -> dict:
        return {"input_ids": [SOFT + len(row["input_ids"]) % 9, *row["input_ids"]], "labels": [-100, *row["labels"]]}

    return rows(vocabulary).map(add)


def trained(model: PreTrainedModel, vocabulary: Vocabulary, folder: Path, **settings: object) -> None:
    asked = stage(**{"weight_decay": 0.0, "epochs": 2, **settings})
    train_stage(model, padded(vocabulary, folder), with_vectors(vocabulary), asked, folder, 0, lambda _: None)


def table(before: dict[str, Tensor], after: dict[str, Tensor], new: range) -> dict[str, str]:
    """What moved, by kind of weight."""
    found: dict[str, set[str]] = {}

    def note(kind: str, old: Tensor, now: Tensor) -> None:
        found.setdefault(kind, set()).add("kept" if torch.equal(old, now) else "moved")

    for name, tensor in after.items():
        if name.endswith(("embed_tokens.weight", "lm_head.weight")):
            note("old rows", before[name][: new.start], tensor[: new.start])
            note("new rows", before[name][new.start : new.stop], tensor[new.start : new.stop])
        elif "soft_prompt" in name:
            assert "lora" not in name
            note("soft prompt", before[name], tensor)
        elif "lora_" in name:
            note("adapters", before[name], tensor)
        else:
            note("norms" if "norm" in name else "linear layers", before[name], tensor)
    return {kind: " and ".join(sorted(seen)) for kind, seen in found.items()}


@pytest.mark.parametrize("bits", [None, 4], ids=["lora", "qlora"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("make", [qwen3, llama])
def test_what_moves_and_that_it_merges_to_the_same_answers(
    make: Make, tied: bool, bits: int | None, tmp_path: Path
) -> None:
    asked = Lora(rank=4, alpha=8, bits=bits)
    model, vocabulary = begun(make, tied, asked, tmp_path)
    before = weights(model)
    trained(model, vocabulary, tmp_path, learning_rate=0.02)
    assert table(before, weights(model), vocabulary.new_rows) == {
        "old rows": "kept",
        "new rows": "moved",
        "linear layers": "kept",
        "adapters": "moved",
        "norms": "kept",
        "soft prompt": "moved",
    }
    kept_in = {weight.dtype for weight in model.parameters() if weight.requires_grad}
    assert kept_in == {torch.float32}
    assert model.get_input_embeddings().weight.dtype == torch.float32
    assert detach(model) is not None
    plain = load_dense(tmp_path / "begin")
    ids = torch.arange(12)[None] % vocabulary.text_size
    before_merge = plain(ids).logits.detach().clone()
    whole = merged(plain, model).eval()
    assert torch.allclose(whole(ids).logits, model.eval()(ids).logits, atol=1e-5)
    assert not torch.allclose(whole(ids).logits, before_merge, atol=1e-2)
    assert (whole.get_input_embeddings().weight is whole.get_output_embeddings().weight) is tied
    whole.save_pretrained(tmp_path / "whole")
    assert torch.equal(load_model(tmp_path / "whole")(ids).logits, whole(ids).logits)


def test_four_bits_are_what_the_model_was_trained_on(tmp_path: Path) -> None:
    """The merged model has the numbers that 4 bits stand for, not those that they were rounded from."""
    model, _ = begun(qwen3, True, Lora(bits=4), tmp_path)
    rounded, exact = load_dense(tmp_path / "begin"), load_dense(tmp_path / "plain")
    name = "model.layers.0.mlp.up_proj.weight"
    assert model.get_submodule("model.layers.0.mlp.up_proj").base_layer.weight.dtype == torch.uint8
    assert 0.01 < (rounded.state_dict()[name] - exact.state_dict()[name]).norm() / exact.state_dict()[name].norm() < 0.2
    for name in ("model.embed_tokens.weight", "model.norm.weight"):
        assert torch.equal(rounded.state_dict()[name], exact.state_dict()[name])


def test_adapters_of_layers_that_compute_in_bfloat16_are_float32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "bf16_is_fast", lambda: True)
    model, vocabulary = begun(qwen3, True, Lora(bits=4), tmp_path)
    assert model.get_submodule("model.layers.0.mlp.up_proj").base_layer.compute_dtype == torch.bfloat16
    trained(model, vocabulary, tmp_path)
    assert {weight.dtype for weight in model.parameters() if weight.requires_grad} == {torch.float32}


def test_small_steps_are_not_rounded_away(tmp_path: Path) -> None:
    """TRL keeps what QLoRA trains in bfloat16, where a step of 1e-5 moves hardly any row."""
    model, vocabulary = begun(qwen3, True, Lora(bits=4), tmp_path)
    new = slice(vocabulary.new_rows.start, vocabulary.new_rows.stop)
    before = model.get_input_embeddings().weight.detach()[new].clone()
    trained(model, vocabulary, tmp_path, learning_rate=1e-5)
    moved = (model.get_input_embeddings().weight[new] != before).float().mean()
    assert moved > 0.9


@pytest.mark.parametrize("bits", [None, 4], ids=["lora", "qlora"])
def test_resumed_training_ends_like_unbroken_training(bits: int | None, tmp_path: Path) -> None:
    results = []
    for stopped in (False, True):
        folder = tmp_path / str(stopped)
        asked = Lora(rank=2, dropout=0.3, bits=bits)
        model, vocabulary = begun(qwen3, True, asked, folder)
        data, settings, said = with_vectors(vocabulary), stage(weight_decay=0.0, log_steps=3), list[str]()

        def say(line: str) -> None:
            if line.startswith("step 3/"):
                os.kill(os.getpid(), signal.SIGINT)

        if stopped:
            with pytest.raises(Interrupted):
                train_stage(model, padded(vocabulary, folder), data, settings, folder, 0, say)
            (last,) = (folder / "checkpoints").glob("checkpoint-*")
            assert (last / "model.safetensors").stat().st_size < 40_000  # what is trained, not the base
            model, _ = begun(qwen3, True, asked, folder)
        train_stage(model, padded(vocabulary, folder), data, settings, folder, 0, said.append)
        assert any(line.startswith("resuming from") for line in said) is stopped
        results.append(weights(model))
    for name, tensor in results[0].items():
        assert torch.equal(tensor, results[1][name]), name


def test_gradient_checkpointing_changes_no_result(tmp_path: Path) -> None:
    results = []
    for checkpointing in (False, True):
        folder = tmp_path / str(checkpointing)
        model, vocabulary = begun(qwen3, True, Lora(rank=2, dropout=0.3), folder)
        trained(model, vocabulary, folder, gradient_checkpointing=checkpointing)
        assert model.is_gradient_checkpointing is checkpointing
        results.append(weights(model))
    for name, tensor in results[0].items():
        assert torch.allclose(tensor, results[1][name], atol=1e-6), name


def test_adapters_are_saved_in_the_form_that_peft_reads(tmp_path: Path) -> None:
    model, vocabulary = begun(qwen3, True, Lora(rank=2), tmp_path)
    trained(model, vocabulary, tmp_path)
    detach(model)
    save_adapters(model, vocabulary.new_rows, tmp_path / "adapters")
    again = load_model(tmp_path / "begin")
    again.load_adapter(str(tmp_path / "adapters"))
    kept = load_file(tmp_path / "adapters" / "rows.safetensors")
    with torch.no_grad():
        again.get_input_embeddings().weight[vocabulary.new_rows.start : vocabulary.new_rows.stop] = kept["embedding"]
    ids = torch.arange(vocabulary.size)[None, -20:]
    assert torch.equal(again.eval()(ids).logits, model.eval()(ids).logits)
    names = {path.name for path in (tmp_path / "adapters").iterdir()}
    assert names == {"adapter_config.json", "adapter_model.safetensors", "rows.safetensors"}


def test_layers_that_are_not_there_are_named(tmp_path: Path) -> None:
    model, vocabulary, _ = extended()
    with pytest.raises(ConfigError, match=r"no linear layer lm_head, w_proj to adapt; it has [^l]*q_proj"):
        adapt(model, vocabulary.new_rows, Lora(targets=("q_proj", "w_proj", "lm_head")), seed=0)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lora_module, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=r"peft and bitsandbytes: pip install 'neo-catalog\[qlora\]'"):
        quantized(Lora(bits=4))
