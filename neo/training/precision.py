"""Mixed precision: products of matrices in bfloat16, weights, sums over the layers and the loss in float32.

On one core of an EPYC with AVX512-BF16 the recipes' decoder takes 2.6 CPU seconds for what takes 4.2 in float32, and
2.9 with attention in bfloat16 too, whose backward pass is slow on a CPU (benchmarks/masked_loss.py). One seed of the
quickstart, validation week, in bfloat16 and in float32: HR@10 of shows .316 and .322, episodes .415 and .416,
audiobooks .273 and .275, search NDCG@10 .236 and .235; 339 and 456 seconds, with other work on the other core.
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
FAST = ("avx512_bf16", "amx_bf16")  # without one of them an x86 CPU only imitates bfloat16


def bf16_is_fast() -> bool:
    """Whether the machine that would train has bfloat16 in its hardware."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # newer than the oldest torch that works
    return any(known.get(name, False) for name in FAST)


@contextmanager
def attention_in_float32(model: PreTrainedModel) -> Iterator[None]:
    """Within it attention is left out of autocast, on a CPU. Others than torch's own stay as they are."""
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
