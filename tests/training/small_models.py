"""Models of a few hundred weights, with NEO's tokens, for tests of training."""

from __future__ import annotations

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable
from neo.training.base import scratch_tokenizer
from neo.training.new_rows import extend

TEXTS = ["A calm show about the sea.", "A funny show about trains.", "History of salt, told slowly."]
SHAPE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 24,
    "max_position_embeddings": 64,
}


def qwen3(size: int, tied: bool) -> PreTrainedModel:
    return Qwen3ForCausalLM(Qwen3Config(vocab_size=size, head_dim=8, tie_word_embeddings=tied, **SHAPE))


def llama(size: int, tied: bool) -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(vocab_size=size, tie_word_embeddings=tied, **SHAPE))


def table() -> SidTable:
    return SidTable.from_codes({"show": [0, 1, 2]}, {"show": np.array([[0, 1], [1, 0], [1, 1]])}, {"show": 3})


def extended(make=qwen3, tied: bool = True) -> tuple[PreTrainedModel, Vocabulary, Tokenizer]:
    torch.manual_seed(0)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = make(tokenizer.get_vocab_size(), tied)
    vocabulary = Vocabulary.extend(tokenizer, 2, {"show": 3})
    extend(model, vocabulary, table(), dict(enumerate(TEXTS)), {}, seed=0)
    return model, vocabulary, tokenizer
