"""Listeners' vectors in prompts: ids that stand for vectors, and a model that reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support import counted
from tiny_world import make_tiny_bundle

from neo.catalog.activity import Dataset
from neo.decoding.context import read
from neo.decoding.prompt_memory import PromptMemory
from neo.listeners.model import ListenerModel, Vectors
from neo.listeners.soft_prompt import SOFT, SoftPrompt, VectorMemory, attach, detach, embed, soft_prompt_of
from neo.model.bundle import Bundle
from neo_sdk.errors import BundleError, NeoError


def soft_of(bundle: Bundle) -> SoftPrompt:
    soft = soft_prompt_of(bundle.model)
    assert soft is not None
    return soft


def random_vectors(soft: SoftPrompt, count: int, seed: int = 0) -> Vectors:
    size = (count, soft.projection.in_features)
    return Vectors(soft.space, np.random.default_rng(seed).normal(size=size).astype(np.float32))


def test_tokens_stay_what_they_are_and_vectors_are_projected(tiny_soft_bundle: Bundle) -> None:
    model, soft = tiny_soft_bundle.model, soft_of(tiny_soft_bundle)
    vectors = random_vectors(soft, 2)
    first, second = soft.remembered(vectors)
    ids = torch.tensor([[5, *second, 6], [*first, 7, 8]])
    found, plain = embed(model, ids), model.get_input_embeddings()
    projected = soft.projection(torch.from_numpy(vectors.values)).unflatten(1, (2, 32))
    assert torch.equal(found[0, [0, 3]], plain(torch.tensor([5, 6])))
    assert torch.equal(found[1, 2:], plain(torch.tensor([7, 8])))
    torch.testing.assert_close(found[0, 1:3], projected[1])
    torch.testing.assert_close(found[1, :2], projected[0])
    assert torch.equal(embed(model, ids[:, :0]), plain(ids[:, :0]))


def test_both_the_projection_and_the_tokens_learn(tiny_dataset: Dataset) -> None:
    model = make_tiny_bundle(tiny_dataset).model
    soft = SoftPrompt("space", 3, 32)
    soft.source = np.ones((1, 3), dtype=np.float16)
    attach(model, soft)
    embed(model, torch.tensor([[5, *soft.ids(0)]])).sum().backward()
    assert soft.projection.weight.grad is not None and bool(soft.projection.weight.grad.abs().sum() > 0)
    rows = model.get_input_embeddings().weight.grad
    assert rows is not None and rows.abs().sum(1).nonzero().flatten().tolist() == [5]
    assert detach(model) is soft and soft_prompt_of(model) is None
    assert not any(name.startswith("soft") for name in model.state_dict())


def test_equal_vectors_have_equal_ids_and_the_least_used_go_first(tiny_soft_bundle: Bundle) -> None:
    memory, vectors = VectorMemory(kept=2), np.eye(4, dtype=np.float32)
    numbers = [memory.numbers(vectors[place : place + 1])[0] for place in (0, 1, 0, 2)]
    assert numbers == [0, 1, 0, 2]
    assert np.array_equal(memory[np.array([2, 0])], vectors[[2, 0]])
    with pytest.raises(NeoError, match="no longer kept: more than 2 others"):
        memory[np.array([1])]
    assert memory.numbers(vectors[1:2]) == [3]  # never a number that meant another vector
    assert np.array_equal(memory[np.array([0])], vectors[[0]])  # read last, so kept


def test_as_many_as_are_asked_for_together_are_kept(tiny_soft_bundle: Bundle) -> None:
    memory, vectors = VectorMemory(kept=2), np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    numbers = memory.numbers(vectors)
    assert np.array_equal(memory[np.array(numbers)], vectors)


def test_a_vector_of_another_space_is_refused(tiny_soft_bundle: Bundle) -> None:
    soft = soft_of(tiny_soft_bundle)
    other = Vectors("0123456789abcdef", random_vectors(soft, 1).values)
    with pytest.raises(BundleError, match=f"of the space 0123456789abcdef, expected {soft.space}"):
        soft.remembered(other)


def test_what_is_remembered_of_one_listener_is_not_read_for_another(tiny_soft_bundle: Bundle) -> None:
    model, vocabulary = tiny_soft_bundle.model, tiny_soft_bundle.vocabulary
    texts = vocabulary.encode("All about whales and bread, in 7 ways. " * 3)
    first, second = soft_of(tiny_soft_bundle).remembered(random_vectors(soft_of(tiny_soft_bundle), 2, seed=1))
    prompts = [[*texts, *ids, *texts] for ids in (first, second, first)]
    alone = [read(model, [prompt], vocabulary.pad).hidden for prompt in prompts]
    memory = PromptMemory(model, 1 << 24, least=1)
    with counted(model) as runs:
        remembered = [read(model, [prompt], vocabulary.pad, memory).hidden for prompt in prompts]
    for one, other in zip(alone, remembered, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(alone[0], alone[1], atol=1e-3)
    whole = len(prompts[0])
    assert runs == [whole, whole - len(texts), 1]  # anew from the vector on; the same again
    torch.testing.assert_close(read(model, prompts, vocabulary.pad).hidden, torch.cat(alone), atol=1e-5, rtol=1e-4)


def test_a_soft_prompt_is_read_as_it_was_saved(tiny_soft_bundle: Bundle, tmp_path: Path) -> None:
    soft = soft_of(tiny_soft_bundle)
    soft.save(tmp_path / "soft.safetensors")
    again = SoftPrompt.load(tmp_path / "soft.safetensors")
    assert (again.space, again.positions) == (soft.space, 2)
    assert all(torch.equal(again.state_dict()[name], tensor) for name, tensor in soft.state_dict().items())
    for damage in (b"", b"no tensors"):
        (tmp_path / "soft.safetensors").write_bytes(damage)
        with pytest.raises(BundleError, match="the soft prompt cannot be read"):
            SoftPrompt.load(tmp_path / "soft.safetensors")


def test_ids_of_vectors_are_above_every_vocabulary_and_still_fit_a_row(tiny_soft_bundle: Bundle) -> None:
    soft = SoftPrompt("space", 3, 8, positions=3)
    assert soft.ids(0) == (SOFT, SOFT + 1, SOFT + 2) and soft.ids(7)[0] == SOFT + 21
    assert SOFT > 1 << 20 and soft.ids(10**8)[-1] < 1 << 31


def test_a_space_follows_from_what_its_vectors_depend_on(tiny_soft_bundle: Bundle, tmp_path: Path) -> None:
    known = tiny_soft_bundle.listener_model
    assert known is not None
    known.save(tmp_path)
    again = ListenerModel.load(tmp_path, tiny_soft_bundle.sids.table)
    assert again.space == known.space
    events, listeners = tiny_soft_bundle.events, tiny_soft_bundle.listeners
    who, when = np.arange(5), np.full(5, tiny_soft_bundle.now)
    before, after = (model.vectors(events, who, when, listeners, who) for model in (known, again))
    assert before.space == known.space and np.array_equal(before.values, after.values)
    with torch.no_grad():
        again.network.encoder[0].bias[0] += 1
    assert ListenerModel(again.features, again.network).space != known.space
    (tmp_path / "listener_model.json").write_text("{}")
    with pytest.raises(BundleError, match="the listener model cannot be read"):
        ListenerModel.load(tmp_path, tiny_soft_bundle.sids.table)
