"""A tiny world: 20 shows, 60 episodes of them, 20 audiobooks, 15 listeners, a model that knows nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import torch

from neo.catalog.activity import Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import SoftPrompt, attach
from neo.model.bundle import Bundle
from neo.sids.build import SidConfig, build_sids
from neo.sids.meanings import code_meanings, item_meanings
from neo.training.base import scratch_model, scratch_tokenizer
from neo.training.config import ListenerStage, Scratch
from neo.training.listener_model import train_listener_model

SUBJECTS = (
    "rivers",
    "old maps",
    "bread",
    "chess",
    "volcanoes",
    "jazz",
    "gardens",
    "comets",
    "glass",
    "whales",
)
KINDS = (
    "A short history of",
    "Talking about",
    "The secret life of",
    "Notes on",
    "Ten questions on",
    "Beyond",
)
LISTENERS = 15


def make_tiny_dataset() -> Dataset:
    """Listeners l0 to l14, of whom l0 has no event; items s-0, e-0, a-0 and so on; no searches."""
    types = ["show"] * 20 + ["episode"] * 60 + ["audiobook"] * 20
    ids = [f"{name}-{place}" for name, count in (("s", 20), ("e", 60), ("a", 20)) for place in range(count)]
    titles = [f"{KINDS[n // 10 % len(KINDS)]} {SUBJECTS[n % 10]}, part {n}" for n in range(100)]
    about = [f"All about {SUBJECTS[n % 10]} and {SUBJECTS[n * 3 % 10]}, in {n} ways." for n in range(100)]
    items = {
        "id": ids,
        "type": types,
        "title": titles,
        "creator": [f"Author {n % 7}" for n in range(100)],
        "description": about,
        "parent": [f"s-{(n - 20) // 3}" if name == "episode" else None for n, name in enumerate(types)],
        "topics": [[SUBJECTS[n % 10]] for n in range(100)],
    }
    listeners = {
        "id": [f"l{n}" for n in range(LISTENERS)],
        "country": ["Norway"] * LISTENERS,
        "topics": [[SUBJECTS[n % 10]] for n in range(LISTENERS)],
    }
    rng = np.random.default_rng(0)
    who, what, when = (
        rng.integers(1, LISTENERS, 400),
        rng.integers(100, size=400),
        rng.integers(10**6, size=400),
    )
    events = Events.from_arrays(who, what, when, ["play"] * 400, LISTENERS)
    return Dataset(Catalog.from_table(pa.table(items)), Listeners(pa.table(listeners)), events, Searches.none())


def make_tiny_bundle(dataset: Dataset, tied: bool = True, head_dim: int = 16) -> Bundle:
    """The dataset's bundle with 3 levels of 8 codes and a random Qwen3 of 2 layers, the same every time."""
    sids = build_sids(dataset.catalog, SidConfig(levels=3, codes=8, dim=16))
    texts = dataset.catalog.content_texts()
    vocabulary = Vocabulary.extend(scratch_tokenizer(texts, 400), 3, sids.table.codebook_sizes)
    shape = Scratch(
        hidden=32, layers=2, heads=2, kv_heads=1, head_dim=head_dim, feed_forward=64, positions=512, tied=tied
    )
    model = scratch_model(shape, vocabulary.size, seed=0)
    config = {"name": "tiny", "instruction": {"history": 5}}
    return Bundle(model, vocabulary, sids, dataset.catalog, dataset.listeners, dataset.events, config)


def make_tiny_soft_bundle(dataset: Dataset, seed: int = 0, head_dim: int = 16) -> Bundle:
    """The tiny bundle that goes on with histories, with a listener model and a random soft prompt of two positions."""
    bundle = make_tiny_bundle(dataset, head_dim=head_dim)
    stage = ListenerStage(dim=6, item_dim=5, moments=200, epochs=1)
    rows = np.arange(len(dataset.catalog))
    books = code_meanings(bundle.sids.table, rows, item_meanings(bundle.sids, dataset.catalog, rows, dataset.events))
    known = train_listener_model(dataset, bundle.sids.table, books, rows, stage, seed, lambda _: None)
    soft = SoftPrompt(known.space, known.dim, 32, positions=2)
    soft.start_like(torch.full((4, 32), 3.0), torch.Generator().manual_seed(0))  # large enough to be heard
    attach(bundle.model, soft)
    config = {"name": "tiny", "instruction": {"history": 5, "learn_history": True, "unfamiliar": 9, "familiar": 9}}
    return replace(bundle, config=config, listener_model=known)
