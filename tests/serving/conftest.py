"""A server of the tiny bundle that a whole file shares. Tests that change it make one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from running_server import Running, running


@pytest.fixture(scope="module")
def served(tiny_bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tiny_bundle_folder, tmp_path_factory.mktemp("store") / "events.sqlite") as found:
        yield found
