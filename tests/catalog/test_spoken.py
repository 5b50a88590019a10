"""The real files of podcast shows and LibriVox books, read as the recipe reads them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from neo.catalog.load import read_dataset
from neo.catalog.mapping import read_config

REPOSITORY = Path(__file__).parents[2]
RECIPE = REPOSITORY / "recipes" / "data" / "spoken.yaml"
PLACES = [
    Path(os.environ.get("NEO_DATA", "none")),
    REPOSITORY / "shared/data",
    REPOSITORY.parent / "shared/data",
]
DATA = next((place for place in PLACES if (place / "spoken").is_dir()), None)


@pytest.mark.skipif(DATA is None, reason="the spoken data is not here (NEO_DATA names the folder that holds spoken/)")
def test_the_recipe_reads_all_shows_and_books() -> None:
    said: list[str] = []
    data = read_dataset(read_config(RECIPE, root=str(DATA / "spoken")), RECIPE.parent, said.append)  # type: ignore[operator]
    counts = {name: len(data.catalog.rows_of(name)) for name in data.catalog.type_names}
    assert counts["show"] == 7_218 and counts["audiobook"] == 8_686
    assert 8_000 < counts["episode"] < 11_000
    chapters = data.catalog.rows_of("episode")
    assert np.isin(data.catalog.parent_rows[chapters], data.catalog.rows_of("audiobook")).all()
    assert len(data.events) == 45_920 and data.events.kinds == ("narrate",)
    assert (data.events.item >= 0).all() and data.events.n_listeners == len(data.listeners)
    skipped = [line for line in said if "skipped" in line]
    assert len(skipped) == 1 and skipped[0].startswith("chapters.jsonl.gz: skipped 43 rows with problems")
    assert data.catalog.item(data.catalog.row("book-47")).title == "Count of Monte Cristo"
    assert len(data.searches) == 35_273 and not data.searches.timed.any()
    searched = data.searches.item == data.catalog.row("book-47")
    tags = data.searches.query.filter(pa.array(searched)).to_pylist()
    assert tags == ["monte cristo", "dumas", "adventure", "romance"]
