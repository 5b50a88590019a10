"""Small things that several tests use: tokenizers, and what counts the positions that a model runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

if TYPE_CHECKING:
    from transformers import PreTrainedModel


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
