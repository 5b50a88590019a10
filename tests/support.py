"""Small things that several tests use: tokenizers, the positions that a model runs, benchmarks as modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def byte_tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def chat_tokenizer() -> Tokenizer:
    """Like a released chat model's: with control tokens of its own, special and not."""
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens([AddedToken("<|im_start|>", special=True), AddedToken("<|im_end|>", special=True)])
    tokenizer.add_tokens([AddedToken("<think>", special=False)])
    return tokenizer


@contextmanager
def counted(model: PreTrainedModel) -> Iterator[list[int]]:
    """The positions of each forward run: rows times columns, padding included."""
    runs: list[int] = []
    handle = model.get_input_embeddings().register_forward_hook(lambda _, args, out: runs.append(args[0].numel()))
    try:
        yield runs
    finally:
        handle.remove()


@contextmanager
def benchmarks() -> Iterator[None]:
    """Benchmarks are scripts, which import what lies beside them."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield
    finally:
        sys.path.remove(str(BENCHMARKS))
