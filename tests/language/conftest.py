from __future__ import annotations

import pytest

from neo.catalog.activity import Dataset
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.language.facts import FactBook
from neo.language.reading import Reader


@pytest.fixture(scope="package")
def dataset() -> Dataset:
    return make_world(WorldConfig(shows=60, episodes=200, audiobooks=60, listeners=60)).dataset


@pytest.fixture(scope="package")
def reader(dataset: Dataset) -> Reader:
    return Reader(dataset.catalog, FactBook(dataset.catalog, dataset.listeners))
