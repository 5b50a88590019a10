"""Stage 2: what the codes mean. Verbalize (item to words), ground (words to item), type (item to its type)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from neo.catalog.catalog import Catalog
from neo.language import prompts
from neo.language.segments import ItemRef, Text, Turn
from neo.training.config import GroundingStage
from neo.training.examples.rows import Example

VARIANTS = 1_000_000  # wordings and words wrap around: a draw from a wide range is a draw from all of them


def grounding_examples(
    catalog: Catalog, rows: Sequence[int] | np.ndarray, stage: GroundingStage, seed: int
) -> Iterator[Example]:
    """Every visible item in every task, in a random order; the NEO paper's three stage-2 tasks."""
    rng = np.random.default_rng([seed, 2])
    tasks = np.repeat(["verbalize", "ground", "type"], [stage.verbalize, stage.ground, stage.type])
    pairs = [(int(row), str(task)) for row in rows for task in tasks]
    for at in rng.permutation(len(pairs)):
        row, task = pairs[at]
        yield Example(task, (_turn(catalog, row, task, rng),))


def _turn(catalog: Catalog, row: int, task: str, rng: np.random.Generator) -> Turn:
    variant, words = (int(v) for v in rng.integers(VARIANTS, size=2))
    item_type = catalog.types[int(catalog.type_codes[row])]
    if task == "verbalize":
        return Turn(prompts.verbalize(row, variant), (Text(prompts.describe(catalog, row)),))
    if task == "type":
        return Turn(prompts.type_of(row, variant), (Text(prompts.words_for(item_type, words).singular),))
    return Turn(prompts.ground(item_words(catalog, row, rng), item_type, variant, words), (ItemRef(row),))


def item_words(catalog: Catalog, row: int, rng: np.random.Generator) -> str:
    """Words that name an item, as a person might type them: its title, with its creator, or what it is about."""
    item = catalog.item(row)
    draw = rng.random()
    if draw < 0.35 or not (item.description or item.topics):
        return item.title
    if draw < 0.5 and item.creator:
        return f"{item.title} {item.creator}"
    if draw < 0.75 and item.description:
        words = item.description.split()
        length = min(len(words), int(rng.integers(4, prompts.DESCRIPTION_WORDS)))
        start = int(rng.integers(0, len(words) - length + 1))
        return " ".join(words[start : start + length])
    return f"{item.title}. {', '.join(item.topics)}" if item.topics else item.title
