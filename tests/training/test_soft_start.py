"""A vector begins as the mean of what its listener met, among the rows that the decoder reads already."""

from __future__ import annotations

import numpy as np
import torch
from tiny_world import make_tiny_soft_bundle
from torch._subclasses.fake_tensor import FakeTensorMode

from neo.catalog.activity import Dataset, Events
from neo.training.soft_start import new_soft_prompt


def test_it_is_as_near_to_the_mean_of_what_was_met_as_a_linear_map_can_be(tiny_dataset: Dataset) -> None:
    bundle = make_tiny_soft_bundle(tiny_dataset)
    known, table, vocabulary = bundle.listener_model, bundle.sids.table, bundle.vocabulary
    assert known is not None
    soft = new_soft_prompt(bundle.model, vocabulary, table, known, tiny_dataset, positions=2, seed=0)
    embeddings = bundle.model.get_input_embeddings().weight.detach()
    events = tiny_dataset.events
    who = np.flatnonzero(np.diff(events.offsets) > 0)
    met = []
    for listener in who.tolist():
        codes = [
            vocabulary.sid_ids(table.codes_of(int(row)), table.type_of(int(row)) or "")[1:-1]
            for row in events.history(listener)
        ]
        met.append(embeddings[torch.tensor(codes).flatten()].mean(0))
    wanted = torch.stack(met)
    vectors = torch.from_numpy(
        known.vectors(events, who, np.full(len(who), bundle.now), tiny_dataset.listeners, who).values
    )
    with torch.no_grad():
        first, second = soft.projection(vectors).unflatten(1, (2, -1)).unbind(1)
    best = torch.linalg.lstsq(torch.cat([vectors, torch.ones(len(who), 1)], 1), wanted).solution
    expected = torch.cat([vectors, torch.ones(len(who), 1)], 1) @ best
    gain = (first * expected).sum() / (expected * expected).sum()
    assert gain > 0 and (first - gain * expected).norm() < 0.15 * first.norm()  # but for the penalty
    size = embeddings.square().mean().sqrt()
    assert torch.isclose(first.square().mean().sqrt(), size, rtol=0.01)
    assert 0.5 < second.square().mean().sqrt() / size < 2


def test_without_events_it_begins_at_random(tiny_dataset: Dataset) -> None:
    bundle = make_tiny_soft_bundle(tiny_dataset)
    known = bundle.listener_model
    assert known is not None
    empty = _without_events(tiny_dataset)
    one, same, other = (
        new_soft_prompt(bundle.model, bundle.vocabulary, bundle.sids.table, known, empty, 1, seed) for seed in (0, 0, 1)
    )
    assert torch.equal(one.projection.weight, same.projection.weight)
    assert not torch.equal(one.projection.weight, other.projection.weight) and not one.projection.bias.any()


def test_the_model_may_lie_on_another_device(tiny_dataset: Dataset) -> None:
    """As one in 4 bits does, where there is a GPU. Fake tensors have a device and no numbers: "meta" stands for it."""
    bundle, empty = make_tiny_soft_bundle(tiny_dataset), _without_events(tiny_dataset)
    known, model = bundle.listener_model, bundle.model.to("meta")
    assert known is not None
    with FakeTensorMode(allow_non_fake_inputs=True):
        soft = new_soft_prompt(model, bundle.vocabulary, bundle.sids.table, known, empty, 1, 0)
    assert soft.projection.weight.device.type == "cpu"


def _without_events(dataset: Dataset) -> Dataset:
    nothing = Events.from_arrays(np.empty(0), np.empty(0), np.empty(0), [], len(dataset.listeners))
    return Dataset(dataset.catalog, dataset.listeners, nothing, dataset.searches)
