"""What several rooms test with. Heavy imports wait for the first test that asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from neo.catalog.activity import Dataset
    from neo.model.bundle import Bundle


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    """See tiny_world.py."""
    from tiny_world import make_tiny_dataset

    return make_tiny_dataset()


@pytest.fixture(scope="session")
def tiny_bundle(tiny_dataset: Dataset) -> Bundle:
    """The tiny world with SIDs and a random model. All tests share it: do not train it, do not change it."""
    from tiny_world import make_tiny_bundle

    return make_tiny_bundle(tiny_dataset)


@pytest.fixture(scope="session")
def tiny_soft_bundle(tiny_dataset: Dataset) -> Bundle:
    """The tiny bundle whose model reads listeners' vectors. All tests share it: do not train it, do not change it."""
    from tiny_world import make_tiny_soft_bundle

    return make_tiny_soft_bundle(tiny_dataset)


@pytest.fixture(scope="session")
def tiny_bundle_folder(tiny_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle, saved. Read it, or copy it before changing a file."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny_bundle.save(folder)
    return folder
