"""The loss against its definition, one position at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_models import TEXTS, extended, qwen3
from transformers import PreTrainedModel

from neo.decoding.index import SidIndex
from neo.language.render import IGNORED, Renderer
from neo.language.segments import History, ItemRef, Text, Turn
from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable
from neo.training.base import scratch_tokenizer
from neo.training.codebooks import Codebooks
from neo.training.loss import next_token_loss
from neo.training.new_rows import extend

CODES = {"show": 3, "episode": 5}
LEVELS, SHOWS, EPISODES = 3, 11, 40  # some prefixes lead to one item, others to several


def some_items() -> SidTable:
    rng = np.random.default_rng(0)
    numbers = {name: rng.permutation(size**LEVELS)[:count] for name, size, count in SIZES}
    codes = {
        name: np.stack([numbers[name] // size**level % size for level in range(LEVELS)], 1) for name, size, _ in SIZES
    }
    return SidTable.from_codes({"show": np.arange(SHOWS), "episode": SHOWS + np.arange(EPISODES)}, codes, CODES)


SIZES = [("show", 3, SHOWS), ("episode", 5, EPISODES)]
ITEMS = some_items()


def small(tied: bool, bias: bool) -> tuple[PreTrainedModel, Vocabulary]:
    torch.manual_seed(0)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model, vocabulary = qwen3(tokenizer.get_vocab_size(), tied), Vocabulary.extend(tokenizer, LEVELS, CODES)
    extend(model, vocabulary, ITEMS, {}, {}, seed=0)
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
            before = [vocabulary.type_level_code(token)[2] for token in ids[at - level : at]]
            codes = ITEMS.of(name).codes
            leads_on = sorted({int(c[level]) for c in codes if c[:level].tolist() == before})
            scores, label = scores[[start + code for code in leads_on]], leads_on.index(label - start)
        losses.append(-scores.log_softmax(-1)[label])
    return losses


@pytest.mark.parametrize("learn_history", [True, False])
@pytest.mark.parametrize(("tied", "bias"), [(True, False), (False, False), (False, True)])
def test_the_loss_is_the_mean_over_labels(learn_history: bool, tied: bool, bias: bool) -> None:
    model, vocabulary = small(tied, bias)
    renderer = Renderer(vocabulary, ITEMS)
    two_turns = (
        Turn((Text("Calm."), History((0, 13, 2)), Text("More")), (ItemRef(14), Text("!"))),
        Turn((History((20,)),), (ItemRef(2),)),
    )
    everything = (Turn((History(tuple(range(SHOWS + EPISODES))),), (ItemRef(0),)),)
    rows = [renderer.example(turns, learn_history) for turns in (two_turns, everything)]
    longest = max(len(row.ids) for row in rows)
    ids = torch.tensor([row.ids + [vocabulary.pad] * (longest - len(row.ids)) for row in rows])
    labels = torch.tensor([row.labels + [IGNORED] * (longest - len(row.labels)) for row in rows])
    expected = [loss for row in rows for loss in by_hand(model, vocabulary, row.ids, row.labels)]
    answered = 3 * 6 + 1  # spans of three codes and two delimiters, each with its end; and an exclamation mark
    assert len(expected) == answered + (4 + SHOWS + EPISODES) * LEVELS * learn_history
    loss = next_token_loss(model, ids, labels, Codebooks.of(vocabulary, SidIndex.build(ITEMS)))
    assert loss.item() == pytest.approx(torch.stack(expected).mean().item(), abs=1e-5)
    head = model.get_output_embeddings().weight
    ours, theirs = (torch.autograd.grad(each, head)[0] for each in (loss, torch.stack(expected).mean()))
    assert torch.allclose(ours, theirs, atol=1e-5) and theirs.abs().max() > 0.001


def test_without_codebooks_everything_is_scored_against_the_whole_vocabulary() -> None:
    model, vocabulary, _ = extended()
    ids = torch.tensor([[vocabulary.prompt, *vocabulary.sid_ids([0, 1], "show"), vocabulary.answer, 7, 8]])
    labels = torch.where(torch.arange(8) > 1, ids, IGNORED)
    expected = torch.nn.functional.cross_entropy(model(ids).logits[0, 1:-1], ids[0, 2:])
    assert next_token_loss(model, ids, labels).item() == pytest.approx(expected.item(), abs=1e-5)


def test_a_history_is_no_lesson_on_which_items_there_are() -> None:
    """Where a type has one item, there is nothing to learn from meeting it."""
    model, vocabulary, _ = extended()
    only = SidTable.from_codes({"show": [0]}, {"show": np.array([[0, 1]])}, {"show": 3})
    ids = torch.tensor([[vocabulary.prompt, *vocabulary.sid_ids([0, 1], "show")]])
    labels = torch.where((ids > vocabulary.close) & (torch.arange(5) > 1), ids, IGNORED)
    assert (labels != IGNORED).sum() == 2
    assert next_token_loss(model, ids, labels, Codebooks.of(vocabulary, SidIndex.build(only))).item() == 0


def test_a_batch_without_labels_has_a_loss_of_zero() -> None:
    model, vocabulary = small(tied=True, bias=False)
    ids = torch.tensor([[vocabulary.prompt, 7, 8]])
    for codebooks in (None, Codebooks.of(vocabulary, SidIndex.build(ITEMS))):
        loss = next_token_loss(model, ids, torch.full_like(ids, IGNORED), codebooks)
        loss.backward()
        assert loss.item() == 0
