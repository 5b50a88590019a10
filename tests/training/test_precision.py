from __future__ import annotations

from typing import Any

import pytest
import torch
from small_models import extended, llama, qwen3
from transformers import Gemma2Config, Gemma2ForCausalLM, MistralConfig, MistralForCausalLM, PreTrainedModel

from neo.training import precision
from neo.training.precision import attention_in_float32, bf16_is_fast

IDS = torch.arange(24).reshape(2, 12) % 20


def mistral() -> PreTrainedModel:
    """Every layer sees the last four tokens only."""
    torch.manual_seed(0)
    return MistralForCausalLM(
        MistralConfig(
            vocab_size=20,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            intermediate_size=24,
            sliding_window=4,
        )
    )


@pytest.mark.parametrize("make", [lambda: extended(qwen3)[0], lambda: extended(llama, tied=False)[0], mistral])
def test_attention_sees_the_same_as_ever(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    model = make().eval()
    expected = model(IDS).logits
    with attention_in_float32(model):
        assert model.config._attn_implementation == precision.NAME
        assert torch.equal(model(IDS).logits, expected)
    assert model.config._attn_implementation == "sdpa"


def test_in_mixed_precision_attention_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    seen: list[torch.dtype] = []
    attention = torch.nn.functional.scaled_dot_product_attention

    def watched(query: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
        assert not torch.is_autocast_enabled("cpu")
        seen.append(query.dtype)
        return attention(query, *rest, **named)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watched)
    model = extended()[0]
    with attention_in_float32(model), torch.autocast("cpu", torch.bfloat16):
        model(IDS).logits.float().logsumexp(-1).sum().backward()
    assert seen == [torch.float32]
    mixed = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    model(IDS).logits.logsumexp(-1).sum().backward()
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            assert (mixed[name] - weight.grad).norm() <= 0.03 * weight.grad.norm(), name


def test_what_computes_attention_in_another_way_is_left_alone() -> None:
    model = Gemma2ForCausalLM(
        Gemma2Config(vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, head_dim=8)
    )
    model.set_attn_implementation("eager")
    with attention_in_float32(model):
        assert model.config._attn_implementation == "eager"


@pytest.mark.parametrize("known", [{}, {"avx512_bf16": False, "avx512_f": True}])
def test_bfloat16_that_a_cpu_imitates_is_not_used(known: dict[str, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert not bf16_is_fast()
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known | {"amx_bf16": True}, raising=False)
    assert bf16_is_fast()
