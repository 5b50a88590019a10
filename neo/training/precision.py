"""Mixed precision: products in bfloat16, weights and everything that is summed up in float32.

A step of the recipes' decoder (2 layers of width 256, 1,560 tokens) takes half of the time on one core of an EPYC that
has AVX512-BF16: 122 ms in float32, 78 ms with all that autocast turns into bfloat16, 60 ms with attention left in
float32, whose backward pass in bfloat16 is four times slower on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "sdpa_float32"
FAST = ("avx512_bf16", "amx_bf16")  # without one of them a CPU only imitates bfloat16


def bf16_is_fast() -> bool:
    """Whether the machine that would train has bfloat16 in its hardware."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # newer than the oldest torch that works
    return any(known.get(name, False) for name in FAST)


@contextmanager
def attention_in_float32(model: PreTrainedModel) -> Iterator[None]:
    """Within it attention is left out of autocast, on a CPU. What else computes attention than torch stays as it is."""
    usual = model.config._attn_implementation
    if usual != "sdpa" or torch.cuda.is_available():
        yield
        return
    AttentionInterface.register(NAME, _in_float32)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(usual)


def _in_float32(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *rest: Any, **named: Any
) -> tuple[torch.Tensor, None]:
    with torch.autocast("cpu", enabled=False):
        return sdpa_attention_forward(module, query.float(), key.float(), value.float(), *rest, **named)
