"""Stage 2: what the codes mean. Verbalize (item to words), ground (words to item), type (item to its type)."""

from __future__ import annotations

import unicodedata
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
        yield Example(task, (grounding_turn(catalog, row, task, rng),))


def grounding_turn(catalog: Catalog, row: int, task: str, rng: np.random.Generator) -> Turn:
    """One example of a task: "verbalize", "ground" or "type"."""
    variant, words = (int(v) for v in rng.integers(VARIANTS, size=2))
    item_type = catalog.types[int(catalog.type_codes[row])]
    if task == "verbalize":
        return Turn(prompts.verbalize(row, variant), (Text(prompts.describe(catalog, row)),))
    if task == "type":
        return Turn(prompts.type_of(row, variant), (Text(prompts.words_for(item_type, words).singular),))
    return Turn(prompts.ground(item_words(catalog, row, rng), item_type, variant, words), (ItemRef(row),))


def item_words(catalog: Catalog, row: int, rng: np.random.Generator) -> str:
    """Words that name an item, as a person might type them: of its title, its creator, or what it is about."""
    item = catalog.item(row)
    draw = rng.random()
    if draw < 0.45 or not (item.description or item.topics or item.creator):
        words = _part(item.title, 2, rng) if rng.random() < 0.4 else item.title
    elif draw < 0.6 and item.creator:
        words = f"{item.title} {item.creator}" if rng.random() < 0.5 else item.creator
    elif draw < 0.8 and item.description:
        words = _part(item.description, 4, rng, prompts.DESCRIPTION_WORDS)
    elif item.topics:
        words = f"{item.title}. {', '.join(item.topics)}"
    else:
        words = item.title
    return _typed(words) if rng.random() < 0.6 else words


def _part(text: str, least: int, rng: np.random.Generator, most: int = 8) -> str:
    """Some words of a text that stand together: nobody types all of a long title."""
    words = text.split()
    length = min(len(words), int(rng.integers(least, most + 1)))
    start = int(rng.integers(0, len(words) - length + 1))
    return " ".join(words[start : start + length])


def _typed(text: str) -> str:
    """In small letters and without punctuation, as people write into a search box."""
    straight = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join("".join(sign if _is_written(sign) else " " for sign in straight).split()) or text


def _is_written(sign: str) -> bool:
    """Letters, digits, the marks that many scripts set on their letters, and apostrophes."""
    return sign.isalnum() or sign in "'_" or unicodedata.category(sign).startswith("M")
