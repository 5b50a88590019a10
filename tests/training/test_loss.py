"""The loss against its definition, one position at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_models import TEXTS, extended, qwen3
from transformers import PreTrainedModel

from neo.language.render import IGNORED, Renderer
from neo.language.segments import History, ItemRef, Text, Turn
from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable
from neo.training.base import extend, scratch_tokenizer
from neo.training.loss import Codebooks, next_token_loss

CODES = {"show": 3, "episode": 5}
ITEMS = SidTable.from_codes(
    {"show": [0, 1, 2], "episode": [3, 4]},
    {"show": np.array([[0, 1], [1, 0], [2, 2]]), "episode": np.array([[4, 0], [0, 4]])},
    CODES,
)


def small(tied: bool, bias: bool) -> tuple[PreTrainedModel, Vocabulary]:
    torch.manual_seed(0)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model, vocabulary = qwen3(tokenizer.get_vocab_size(), tied), Vocabulary.extend(tokenizer, 2, CODES)
    extend(model, vocabulary, ITEMS, {}, seed=0)
    if bias:
        model.get_output_embeddings().bias = torch.nn.Parameter(torch.randn(vocabulary.size))
    return model, vocabulary


def by_hand(model: PreTrainedModel, vocabulary: Vocabulary, ids: list[int], labels: list[int]) -> list[torch.Tensor]:
    """Each label's own loss, from the model's full logits."""
    logits = model(torch.tensor([ids])).logits[0]
    losses, asked = [], False
    for at, (token, label) in enumerate(zip(ids, labels, strict=True)):
        asked = token == vocabulary.prompt or (asked and token != vocabulary.answer)
        if label == IGNORED or at == 0:
            continue
        scores = logits[at - 1]
        if asked:
            name, level, _ = vocabulary.type_level_code(label)
            start = vocabulary.code_start(name, level)
            scores, label = scores[start : start + vocabulary.codes(name)], label - start
        losses.append(-scores.log_softmax(-1)[label])
    return losses


@pytest.mark.parametrize("learn_history", [True, False])
@pytest.mark.parametrize(("tied", "bias"), [(True, False), (False, False), (False, True)])
def test_the_loss_is_the_mean_over_labels(learn_history: bool, tied: bool, bias: bool) -> None:
    model, vocabulary = small(tied, bias)
    renderer = Renderer(vocabulary, ITEMS)
    two_turns = (
        Turn((Text("Calm."), History((0, 3, 2)), Text("More")), (ItemRef(4), Text("!"))),
        Turn((History((4,)),), (ItemRef(2),)),
    )
    rows = [renderer.example(turns, learn_history) for turns in (two_turns, (Turn((Text(TEXTS[0]),), (ItemRef(0),)),))]
    longest = max(len(row.ids) for row in rows)
    ids = torch.tensor([row.ids + [vocabulary.pad] * (longest - len(row.ids)) for row in rows])
    labels = torch.tensor([row.labels + [IGNORED] * (longest - len(row.labels)) for row in rows])
    expected = [loss for row in rows for loss in by_hand(model, vocabulary, row.ids, row.labels)]
    answered = 3 * 5 + 1  # spans of two codes and two delimiters, each with its end; and an exclamation mark
    assert len(expected) == answered + 4 * 2 * learn_history
    loss = next_token_loss(model, ids, labels, Codebooks.of(vocabulary))
    assert loss.item() == pytest.approx(torch.stack(expected).mean().item(), abs=1e-5)


def test_without_codebooks_everything_is_scored_against_the_whole_vocabulary() -> None:
    model, vocabulary, _ = extended()
    ids = torch.tensor([[vocabulary.prompt, *vocabulary.sid_ids([0, 1], "show"), vocabulary.answer, 7, 8]])
    labels = torch.where(torch.arange(8) > 1, ids, IGNORED)
    expected = torch.nn.functional.cross_entropy(model(ids).logits[0, 1:-1], ids[0, 2:])
    assert next_token_loss(model, ids, labels).item() == pytest.approx(expected.item(), abs=1e-5)


def test_a_batch_without_labels_has_a_loss_of_zero() -> None:
    model, vocabulary, _ = extended()
    ids = torch.tensor([[vocabulary.prompt, 7, 8]])
    for codebooks in (None, Codebooks.of(vocabulary)):
        loss = next_token_loss(model, ids, torch.full_like(ids, IGNORED), codebooks)
        loss.backward()
        assert loss.item() == 0
