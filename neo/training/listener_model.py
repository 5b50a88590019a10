"""Trains the listener model on moments of listeners' lives, from the data that may be learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import torch

from neo.catalog.activity import Dataset, Events, Listeners
from neo.listeners.autoencoder import Autoencoder, reconstruction_loss
from neo.listeners.features import Features, Profiles
from neo.listeners.item_vectors import ItemVectors
from neo.listeners.model import ListenerModel
from neo.sids.table import SidTable
from neo.training.config import ListenerStage
from neo_sdk.errors import TrainingError

PLACES, TOPICS = 64, 1_024  # countries and languages, and topics, that are told apart: the most frequent
BATCH = 256


def train_listener_model(
    dataset: Dataset,
    table: SidTable,
    meanings: dict[str, np.ndarray],
    visible: np.ndarray,
    stage: ListenerStage,
    seed: int,
    report: Callable[[str], None],
) -> ListenerModel:
    """meanings: what the codes of each type mean, see `neo.sids.meanings`; visible: the rows that may be learned from.

    Raises TrainingError without events.
    """
    if not len(dataset.events):
        raise TrainingError("The listener model is learned from events, and there are none: leave `listener` out.")
    items = ItemVectors.narrowed(meanings, table, visible, stage.item_dim)
    features = Features(items, dataset.catalog.type_names, profiles(dataset, items))
    rng, generator = np.random.default_rng([seed, 5]), torch.Generator().manual_seed(seed)
    who, when = moments(dataset.events, len(dataset.listeners), stage.moments, rng)
    made = torch.from_numpy(features.at(dataset.events, who, when, dataset.listeners, who))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Autoencoder(features.width, stage.dim)
    network.fit_scale(made)
    standard = network.standard(made)
    steps = stage.epochs * -(-len(made) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=stage.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, stage.learning_rate, total_steps=steps, pct_start=0.1)
    for epoch in range(stage.epochs):
        losses = []
        for some in torch.randperm(len(made), generator=generator).split(BATCH):
            loss = reconstruction_loss(network, standard[some], features.groups, generator)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        report(f"listener model, epoch {epoch + 1}/{stage.epochs}  {np.mean(losses):.3f} of a group is not explained")
    with torch.no_grad():
        network.fit_vectors(made)
    return ListenerModel(features, network)


def profiles(dataset: Dataset, items: ItemVectors) -> Profiles:
    """A topic stands for what those have met who chose it, whatever it is called."""
    listeners, events = dataset.listeners, dataset.events
    chosen = Counter(topic for row in range(len(listeners)) for topic in listeners.topics(row))
    names = [name for name, _ in chosen.most_common(TOPICS)]
    place = {name: at for at, name in enumerate(names)}
    total, count = np.zeros((len(names), items.dim)), np.zeros(len(names))
    for row in range(len(listeners)):
        mine = [place[topic] for topic in listeners.topics(row) if topic in place]
        met = events.history(row)
        if mine and len(met):
            total[mine] += items.of(met).mean(0)
            count[mine] += 1
    vectors = (total / np.maximum(count, 1)[:, None]).astype(np.float32)
    return Profiles(_most(listeners, "country"), _most(listeners, "language"), dict(zip(names, vectors, strict=True)))


def moments(events: Events, n_listeners: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(listener, second): half of them right before an event, half whenever, of anybody, events or none."""
    at = rng.integers(len(events), size=count // 2)
    first, last = int(events.time.min()), int(events.time.max()) + 1
    who = np.concatenate([events.listener[at], rng.integers(n_listeners, size=count - len(at))])
    when = np.concatenate([events.time[at], rng.integers(first, last + 1, size=count - len(at))])
    return who.astype(np.int64), when.astype(np.int64)


def _most(listeners: Listeners, column: str) -> tuple[str, ...]:
    values: Iterable[str | None] = listeners.table.column(column).to_pylist()
    return tuple(name for name, _ in Counter(value for value in values if value is not None).most_common(PLACES))
