"""The base language model: built from scratch, and read again after a stage. See also `neo.training.pretrained`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from neo.training.config import Scratch


def scratch_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """A byte-level BPE of `size` tokens learned from texts; digits stand alone, every string can be encoded."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, min_frequency=2
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def scratch_model(config: Scratch, vocabulary: int, seed: int) -> PreTrainedModel:
    """A Qwen3-shaped decoder with random weights, the same for the same seed."""
    torch.manual_seed(seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=config.hidden,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.kv_heads,
            head_dim=config.head_dim,
            intermediate_size=config.feed_forward,
            max_position_embeddings=config.positions,
            tie_word_embeddings=config.tied,
            initializer_range=config.hidden**-0.5,  # 0.02 suits a width of 2,500; a tied head of 128 must say more
        )
    )


def token_vectors(encoded: Sequence[Sequence[int]], vocabulary: int, dim: int, seed: int) -> torch.Tensor:
    """float32 [vocabulary, dim]: latent semantic vectors of tokens, from the texts that they occur in.

    A scratch decoder whose embedding starts here knows from its first step which words belong together.
    """
    lengths = np.array([len(ids) for ids in encoded])
    columns = np.fromiter((token for ids in encoded for token in ids), np.int64, lengths.sum())
    rows = np.repeat(np.arange(len(encoded)), lengths)
    counts = sparse.csr_array((np.ones(len(columns)), (rows, columns)), (len(encoded), vocabulary))
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    dims = min(dim, min(weighted.shape) - 1)
    svd = TruncatedSVD(dims, random_state=seed).fit(weighted)
    vectors = np.zeros((vocabulary, dim), dtype=np.float32)
    vectors[:, :dims] = (svd.components_ * np.sqrt(svd.singular_values_)[:, None]).T
    lengths_of = np.linalg.norm(vectors, axis=1, keepdims=True)
    return torch.from_numpy(vectors / np.maximum(lengths_of, 1e-9))


def start_from(model: PreTrainedModel, vectors: torch.Tensor, seed: int) -> None:
    """Puts token vectors into the embedding (and an untied head), at the scale of the random start, plus some noise."""
    noise = torch.Generator().manual_seed(seed)
    spread = model.config.initializer_range
    size = vectors.shape[1] ** 0.5 * spread
    with torch.no_grad():
        for matrix in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
            matrix.copy_(vectors * size + 0.5 * spread * torch.randn(matrix.shape, generator=noise))
            noise.manual_seed(seed)


def save_base(model: PreTrainedModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes a base as an ordinary Hugging Face folder."""
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))


def load_base(folder: Path, quantized: BitsAndBytesConfig | None = None) -> tuple[PreTrainedModel, Tokenizer]:
    return load_model(folder, quantized), Tokenizer.from_file(str(folder / "tokenizer.json"))


def load_model(folder: Path, quantized: BitsAndBytesConfig | None = None) -> PreTrainedModel:
    """A model that a stage has left; one in 4 bits comes back in 4 bits, another one as `quantized` says."""
    config = AutoConfig.from_pretrained(folder)
    kept = {} if getattr(config, "quantization_config", None) else _kept_in(quantized)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True, **kept)


def load_dense(folder: Path, quantized: BitsAndBytesConfig | None = None) -> PreTrainedModel:
    """The same in float32 throughout: weights of 4 bits become the numbers that they stand for."""
    model = load_model(folder, quantized)
    if getattr(model, "is_quantized", False):
        model = model.dequantize()
        model._weight_conversions = []  # transformers would pack it into 4 bits again on saving, and can't
    return model


def _kept_in(quantized: BitsAndBytesConfig | None) -> dict[str, BitsAndBytesConfig]:
    """The argument that says so: None as its value would load 4 bits as if they were not."""
    return {} if quantized is None else {"quantization_config": quantized}
