"""The starter world as a whole: made from a seed, saved as a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from neo.catalog.activity import Dataset, Events, Listeners
from neo.catalog.columns import write_text
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.items import Writer
from neo.catalog.starter.latents import make_latents
from neo.catalog.starter.oracle import Oracle
from neo.catalog.starter.people import People, make_people, make_plan
from neo.catalog.starter.searches import make_searches
from neo.catalog.starter.simulate import KINDS, simulate
from neo.catalog.starter.vocabulary import Words, words
from neo.catalog.starter.voices import COUNTRIES, LANGUAGES
from neo_sdk.errors import BundleError

WORLD_FILE = "world.json"


@dataclass(frozen=True, eq=False)
class World:
    """A dataset, its oracle, and where the windows begin (`cuts`: seconds, UTC)."""

    config: WorldConfig
    dataset: Dataset
    oracle: Oracle

    @property
    def cuts(self) -> dict[str, int]:
        return self.config.cuts

    def save(self, folder: str | Path) -> None:
        """Writes the dataset, the oracle, and last world.json: a folder that has it is complete."""
        folder = Path(folder)
        (folder / WORLD_FILE).unlink(missing_ok=True)
        self.dataset.save(folder)
        self.oracle.save(folder)
        write_text(self.config.model_dump_json(indent=2) + "\n", folder / WORLD_FILE)

    @classmethod
    def load(cls, folder: str | Path) -> World:
        """Reads what `save` wrote. Raises BundleError if anything is missing or damaged."""
        folder = Path(folder)
        try:
            config = WorldConfig.model_validate(json.loads((folder / WORLD_FILE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise BundleError(f"{folder / WORLD_FILE} is missing: not a world, or its saving was interrupted") from None
        except (ValidationError, ValueError) as error:
            raise BundleError(f"{folder / WORLD_FILE} does not describe a world: {error}") from error
        return cls(config, Dataset.load(folder), Oracle.load(folder))


def make_world(config: WorldConfig | None = None) -> World:
    """Generates a world; the default one takes half a minute on one core."""
    config = config or WorldConfig()
    vocabulary = words()
    popularity = interest_of_the_world(config, vocabulary)
    items = make_latents(config, vocabulary, popularity)
    people = make_people(config, vocabulary, popularity)
    catalog = Writer.of(config, vocabulary, items).catalog()
    happened = simulate(config, items, people, make_plan(config, people), vocabulary.affinity())
    kinds = np.array(KINDS, dtype=object)[happened.kind]
    events = Events.from_arrays(happened.listener, happened.item, happened.time, kinds, config.listeners)
    log = make_searches(config, vocabulary, items, people, catalog, popularity)
    dataset = Dataset(catalog, _listeners(config, vocabulary, people), events, log.searches)
    return World(config, dataset, Oracle(happened.cases, log.cases))


def interest_of_the_world(config: WorldConfig, vocabulary: Words) -> np.ndarray:
    """float64[subtopics]: how much the world cares for each subtopic."""
    rng = np.random.default_rng([config.seed, 10])
    topics = rng.gamma(4.0, 1.0, len(vocabulary.topics))
    return topics[vocabulary.topic_of] * rng.gamma(3.0, 1.0, len(vocabulary.subtopics))


def _listeners(config: WorldConfig, vocabulary: Words, people: People) -> Listeners:
    n = config.listeners
    joined = [config.first_day + timedelta(days=int(day)) for day in people.joined]
    columns = {
        "id": pa.array([f"listener-{i:06d}" for i in range(n)]),
        "country": pa.array([COUNTRIES[i] for i in people.country]),
        "language": pa.array([LANGUAGES[i] for i in people.language]),
        "joined": pa.array(joined, pa.date32()),
        "topics": pa.array(
            [[vocabulary.topics[t] for t in topics] for topics in people.onboarding], pa.list_(pa.string())
        ),
    }
    return Listeners(pa.table(columns))
