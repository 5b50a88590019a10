from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from small_models import llama, qwen3
from transformers import PreTrainedModel

from neo.training.regularize import AVERAGE, Averaging, dropping


@pytest.mark.parametrize("make", [qwen3, llama])
def test_dropout_is_there_in_training_only_and_gone_afterwards(make) -> None:
    model: PreTrainedModel = make(100, True).eval()
    ids = torch.arange(8)[None]

    def logits() -> torch.Tensor:
        with torch.no_grad():
            return model(ids).logits

    plain = logits()
    with dropping(model, 0.5):
        assert torch.equal(logits(), plain)  # not training
        model.train()
        assert not torch.equal(logits(), plain) and not torch.equal(logits(), logits())
    assert torch.equal(logits(), plain)
    with dropping(model, 0.0):
        assert torch.equal(logits(), plain)


def test_dropout_keeps_the_mean_of_a_branch() -> None:
    model = qwen3(100, True).train()
    layer = model.get_decoder().layers[0].mlp
    hidden = torch.ones(1, 1, layer.gate_proj.in_features)
    with torch.no_grad():
        plain = layer(hidden)
        with dropping(model, 0.25):
            many = torch.stack([layer(hidden) for _ in range(400)])
    zeros = (many == 0).float().mean()
    assert zeros == pytest.approx(0.25, abs=0.03)
    torch.testing.assert_close(many.mean(dim=0), plain, atol=float(plain.abs().max()) * 0.15, rtol=0.15)


def test_the_average_is_that_of_all_steps_and_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    model = qwen3(100, True)
    args, state = SimpleNamespace(output_dir=str(tmp_path)), SimpleNamespace(global_step=0)
    averaging = Averaging(0.6, None)
    averaging.on_train_begin(args, state, None, model=model)
    weight = model.get_input_embeddings().weight
    expected = weight.detach().clone()
    for step in range(1, 9):
        with torch.no_grad():
            weight.add_(step)
        state.global_step = step
        averaging.on_step_end(args, state, None)
        kept = min(0.6, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * weight.detach()
        if step == 4:
            (tmp_path / "checkpoint-4").mkdir()
            averaging.on_save(args, state, None)
            averaging = Averaging(0.6, str(tmp_path / "checkpoint-4"))
            averaging.on_train_begin(args, state, None, model=model)
    assert [path.name for path in (tmp_path / "checkpoint-4").iterdir()] == [AVERAGE]
    averaging.settle()
    torch.testing.assert_close(weight.detach(), expected)
