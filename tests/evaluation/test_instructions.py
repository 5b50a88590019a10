"""Steering: what is measured is what came of the words, and what is read is kept whatever the model would do."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from neo.catalog.activity import Dataset
from neo.evaluation import english
from neo.evaluation.english import perplexity
from neo.evaluation.instructions import instruction_results
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.wish_report import wish_results
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


@pytest.fixture(scope="module")
def cases(tiny_dataset: Dataset) -> list[RecommendCase]:
    events, catalog, found = tiny_dataset.events, tiny_dataset.catalog, []
    for listener in range(len(tiny_dataset.listeners)):
        history, times = events.history(listener), events.times(listener)
        if len(history) > 1:
            target = int(history[-1])
            found.append(RecommendCase(listener, history[:-1], times[:-1], catalog.type_of(target), target))
    return found


def test_a_model_that_knows_nothing_keeps_what_is_read(neo: NeoModel, cases: list[RecommendCase]) -> None:
    read = {one.name: one for one in instruction_results(neo, cases, 8, read_words=True)}
    assert read["number, with words"].share == 1.0 == read["number, as a bare list"].share
    alone = {one.name: one for one in instruction_results(neo, cases, 8, read_words=False)}
    assert alone.keys() == read.keys() and alone["type"].n == 4 == alone["format: text"].n
    assert alone["number, with words"].share < 1


def test_wishes_that_are_read_are_granted(neo: NeoModel, cases: list[RecommendCase]) -> None:
    truth = {(case.listener, case.type): np.array([case.target]) for case in cases}
    found = wish_results(neo, cases, 8, truth=truth)
    assert [one.kind for one in found] == ["one wish", "two wishes", "to avoid"]
    for one in found:
        # Of two wishes this world has often nothing that the listener has not heard: then they are left to the words.
        assert one.read > (0.3 if one.kind == "two wishes" else 0.99) or one.n == 0
        assert 0 <= one.chance <= 1 and one.granted <= 1
        assert one.n == 0 or (one.oracle is not None and one.oracle.hr == 1.0)  # it knows, and the target grants


@pytest.mark.parametrize("tokens", [1, 8, 4096])
def test_perplexity_is_that_of_every_token_by_itself(
    neo: NeoModel, tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(english, "TOKENS", tokens)
    model, size = neo.bundle.model, neo.bundle.vocabulary.text_size
    texts = [[5, 9, 11, 3], [7, 2], [4], [], [8, 8, 8, 1, 2, 3]]
    losses = []
    with torch.no_grad():
        for text in texts:
            for end in range(1, len(text)):
                logits = model(input_ids=torch.tensor([text[:end]])).logits[0, -1, :size]
                losses.append(-float(torch.log_softmax(logits.float(), dim=0)[text[end]]))
    shapes = list[torch.Size]()
    watched = model.register_forward_pre_hook(
        lambda _, __, given: shapes.append(given["input_ids"].shape), with_kwargs=True
    )
    assert perplexity(model, texts, size) == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-4)
    watched.remove()
    assert all(rows == 1 or rows * length <= tokens for rows, length in shapes)
    assert math.isnan(perplexity(model, [[1], []], size))
