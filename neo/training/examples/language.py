"""Stage 0: the plain texts that teach a scratch decoder its language, in rows of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from neo.catalog.activity import Dataset
from neo.catalog.catalog import Catalog
from neo.language.wordings.instructions import TASKS
from neo_sdk.errors import ConfigError


def texts_of(dataset: Dataset, visible: np.ndarray, files: Sequence[Path]) -> list[str]:
    """Everything written that was known at the cut: items, queries, our own instructions, and the files given."""
    texts = [story(dataset.catalog, int(row)) for row in visible]
    texts += dataset.searches.query.to_pylist()
    texts += [template for templates in TASKS.values() for template in templates]
    for file in files:
        try:
            texts += file.read_text(encoding="utf-8").split("\n\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"language.texts: can't read {file} as UTF-8 text: {error}") from error
    return texts


def story(catalog: Catalog, row: int) -> str:
    """An item as running text."""
    item = catalog.item(row)
    parts = (
        f"{item.title}.",
        f"By {item.creator}." if item.creator else "",
        item.description or "",
        f"About {', '.join(item.topics)}." if item.topics else "",
    )
    return " ".join(part for part in parts if part)


def language_rows(
    encoded: Iterable[list[int]], newline: list[int], length: int, seed: int
) -> Iterator[dict[str, list[int]]]:
    """Texts in random order, joined by line breaks and cut into rows of `length` ids; the last one may be shorter."""
    texts = [ids for ids in encoded if ids]
    order = np.random.default_rng([seed, 0]).permutation(len(texts))
    stream: list[int] = []
    for place in order:
        stream += texts[place] + newline
        whole = len(stream) // length * length
        for start in range(0, whole, length):
            row = stream[start : start + length]
            yield {"input_ids": row, "labels": row}
        stream = stream[whole:]  # once a text: one without blank lines is all of its file
    if len(stream) > 1:
        yield {"input_ids": stream, "labels": stream}
