"""What the catalog answers to a question about an item, behind its name: "About The Tide Report: it takes 34 minutes."

Of what a field does not say, and of what no field says, an answer says just that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TypeGuard

import numpy as np

from neo.catalog.catalog import Catalog
from neo.catalog.filter import SAYS_EXPLICIT
from neo.language.facts import FactBook, ItemFacts
from neo.language.reading_question import Question
from neo.language.wordings.fill import series
from neo.language.wordings.wishes import LANGUAGES

MINUTE, HOUR = 60, 3600
MOST = 200  # characters of a name
# Of a field that says nothing of an item.
_NOT_SAID: dict[Question, str] = {
    "length": "how long it is, the catalog does not say.",
    "creator": "who made it, the catalog does not say.",
    "released": "when it came out, the catalog does not say.",
    "language": "in which language it is, the catalog does not say.",
    "explicit": "whether it is explicit, the catalog does not say.",
    "unknown": "that the catalog does not say.",
}


def answered(facts: FactBook, row: int, question: Question) -> str:
    """A clause with a full stop."""
    item, catalog = facts.item(row), facts.catalog
    match question:
        case "length":
            said = _length(facts, item)
        case "creator":
            said = f"it is by {item.creator}." if _written(item.creator) else None
        case "released":
            said = _released(item.released)
        case "language":
            said = _language(item.language)
        case "part of":
            said = _part_of(item)
        case "parts":
            said = _parts(facts, item)
        case "kind":
            said = f"it is {item.words.with_article}."
        case "explicit":
            said = _explicit(catalog, row)
        case "unknown":
            said = None
    return said or _NOT_SAID[question]


def minutes(seconds: float) -> str:
    """A length as people say it, to the minute."""
    if seconds < MINUTE:
        return "less than a minute"
    hours, left = divmod(round(seconds / MINUTE), HOUR // MINUTE)
    said = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in ((hours, "hour"), (left, "minute")) if n]
    return " and ".join(said)


def _written(name: str | None) -> TypeGuard[str]:
    """Whether a name can be said at all, however long."""
    return name is not None and name.isprintable() and name.strip() != "" and len(name) <= MOST


def _length(facts: FactBook, item: ItemFacts) -> str | None:
    children = facts.catalog.children(np.array([item.row]))
    lengths = facts.catalog.fields.durations[children]
    if (known := lengths[lengths > 0]).size:
        typical = minutes(float(np.median(known)))
        take = f"takes {typical}" if len(children) == 1 else f"take about {typical} each"
        return f"it has {series(_counts(facts, children))}, which {take}."
    return f"it takes {minutes(item.seconds)}." if item.seconds else None


def _released(day: date | None) -> str | None:
    return None if day is None else f"it came out on {day.day} {day:%B} {day.year}."


def _language(tag: str | None) -> str | None:
    if not _written(tag):
        return None
    name = LANGUAGES.get(tag.replace("_", "-").split("-")[0].lower())
    return f"it is in {name}." if name else f"its language is given as {tag}."


def _part_of(item: ItemFacts) -> str:
    if item.parent_row < 0:
        return f"it is {item.words.with_article} of its own."
    whole = item.parent_title if _written(item.parent_title) else "something longer"
    return f"it is {item.words.with_article} of {whole}."


def _parts(facts: FactBook, item: ItemFacts) -> str:
    counts = _counts(facts, facts.catalog.children(np.array([item.row])))
    return f"it has {series(counts)} here." if counts else f"it is {item.words.with_article}, and has no parts here."


def _counts(facts: FactBook, rows: np.ndarray) -> list[str]:
    """How many of each type: "24 episodes"."""
    codes = facts.catalog.type_codes[rows]
    counts = [(int((codes == code).sum()), kind) for code, kind in enumerate(facts.catalog.types)]
    return [f"{n:,} {kind.name if n == 1 else kind.plural}" for n, kind in counts if n]


def _explicit(catalog: Catalog, row: int) -> str | None:
    try:
        extras = json.loads(catalog.column("extras")[row].as_py() or "{}")
    except ValueError:  # a catalog made by hand may hold anything there
        return None
    said = str(extras.get("explicit", "")).lower() if isinstance(extras, Mapping) else ""
    if said in SAYS_EXPLICIT[True]:
        return "it is marked as explicit."
    return "it is marked as clean." if said in SAYS_EXPLICIT[False] else None
