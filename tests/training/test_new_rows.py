from __future__ import annotations

import numpy as np
import pytest
import torch
from small_models import TEXTS, qwen3, table
from torch._subclasses.fake_tensor import FakeTensorMode

from neo.language.vocabulary import Vocabulary
from neo.training.base import scratch_tokenizer
from neo.training.new_rows import extend

CODES = 40


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_extension_keeps_old_rows_and_tells_codes_apart(tied: bool) -> None:
    torch.manual_seed(0)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = qwen3(tokenizer.get_vocab_size() + 40, tied)  # released models pad their vocabulary
    before = model.get_output_embeddings().weight.detach().clone()
    vocabulary = Vocabulary.extend(tokenizer, 2, {"show": 3})
    extend(model, vocabulary, table(), dict(enumerate(TEXTS)), {}, seed=0)
    for matrix in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
        assert len(matrix) >= vocabulary.size
        new = matrix[vocabulary.text_size : vocabulary.size]
        assert torch.pdist(new).min() > 0.1 * torch.pdist(matrix[: vocabulary.text_size]).median()
    assert torch.equal(model.get_output_embeddings().weight[: vocabulary.text_size], before[: vocabulary.text_size])


@pytest.mark.parametrize("dim", [8, 300], ids=["narrower than the model", "wider"])
def test_codes_start_as_near_to_one_another_as_their_meanings(dim: int) -> None:
    """Meanings of one axis: along it, codes start in order, whatever direction the model gives it."""
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = qwen3(tokenizer.get_vocab_size(), True)
    vocabulary = Vocabulary.extend(tokenizer, 2, {"show": CODES})
    rng = np.random.default_rng(0)
    books = rng.normal(size=(2, CODES, 1)) * np.eye(1, dim) + 0.01 * rng.normal(size=(2, CODES, dim))
    books[:, -1] = 0  # of this code nothing is known
    extend(model, vocabulary, table(), {}, {"show": books.astype(np.float32)}, seed=0)
    for level in range(2):
        first = vocabulary.code_start("show", level)
        rows = model.get_input_embeddings().weight[first : first + CODES].detach()
        apart = torch.pdist(rows[:-1])
        meant = torch.pdist(torch.from_numpy(books[level, :-1]))
        assert np.corrcoef(apart, meant)[0, 1] > 0.5
    old = model.get_input_embeddings().weight[: vocabulary.text_size].detach()
    new = model.get_input_embeddings().weight[vocabulary.text_size : vocabulary.size].detach()
    assert new.std().item() == pytest.approx(old.std().item(), rel=0.3)


def test_meanings_may_be_wider_than_the_model_and_codes_fewer() -> None:
    """Six meanings span six axes, however wide they and the model are."""
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = qwen3(tokenizer.get_vocab_size(), True)
    width, codes = model.config.hidden_size, 3
    vocabulary = Vocabulary.extend(tokenizer, 2, {"show": codes})
    books = np.random.default_rng(0).normal(size=(2, codes, 5 * width)).astype(np.float32)
    extend(model, vocabulary, table(), {}, {"show": books}, seed=0)
    first = vocabulary.code_start("show", 0)
    rows = model.get_input_embeddings().weight[first : first + 2 * codes].detach()
    assert len(rows) < width and bool(rows.isfinite().all()) and torch.pdist(rows).min() > 0


def test_where_nothing_is_known_rows_start_by_chance() -> None:
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = qwen3(tokenizer.get_vocab_size(), True)
    old = model.get_input_embeddings().weight.std().item()
    vocabulary = Vocabulary.extend(tokenizer, 2, {"show": CODES})
    extend(model, vocabulary, table(), {}, {"show": np.zeros((2, CODES, 8), dtype=np.float32)}, seed=0)
    new = model.get_input_embeddings().weight[vocabulary.text_size : vocabulary.size].detach()
    assert new.std().item() == pytest.approx(old, rel=0.1) and torch.pdist(new).min() > 0


def test_the_same_seed_starts_the_same_rows() -> None:
    started = []
    for _ in range(2):
        torch.manual_seed(0)
        tokenizer = scratch_tokenizer(TEXTS, 300)
        model = qwen3(tokenizer.get_vocab_size(), False)
        vocabulary = Vocabulary.extend(tokenizer, 2, {"show": 3})
        extend(
            model,
            vocabulary,
            table(),
            dict(enumerate(TEXTS)),
            {"show": np.eye(3, dtype=np.float32)[None].repeat(2, 0)},
            1,
        )
        started.append(model.get_output_embeddings().weight.detach())
    assert torch.equal(*started)


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_a_base_may_lie_on_another_device(tied: bool) -> None:
    """As one in 4 bits does, where there is a GPU. Fake tensors have a device and no numbers: "meta" stands for it."""
    tokenizer = scratch_tokenizer(TEXTS, 300)
    vocabulary = Vocabulary.extend(tokenizer, 2, {"show": 3})
    model = qwen3(vocabulary.size, tied).to("meta")
    with FakeTensorMode(allow_non_fake_inputs=True):
        extend(model, vocabulary, table(), {}, {}, seed=0)
    assert model.get_input_embeddings().weight.device.type == "meta"
