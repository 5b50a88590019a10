"""Wishes over the catalog's own fields: which are true of an item, which items they are true of, and how to say them.

A field that says nothing of an item grants no wish, and nothing that an item does not say can be avoided in it. As
for facts, a part has its parent's topics too, and its creator where it has none of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import Catalog
from neo.catalog.fields import Values
from neo.catalog.filter import speaking
from neo.language.facts import FactBook
from neo.language.lengths import LONG, SHORT, seconds_of
from neo.language.wordings import wishes as wordings
from neo.language.wordings.wishes import LANGUAGES, LENGTHS, WishAspect

NAME_LETTERS = 48  # of a name that fits into a wish
KEPT_BYTES, KEPT_LEAST = 1 << 26, 16  # of masks at hand, and how many whatever they take
TWO_WISHES, AVOIDING = 0.4, 0.4  # of the requests have a second wish; of the wishes are to avoid something
LEAST, MOST = 0.02, 0.7  # of the items of a type: a wish that nearly all or nearly none grants is not worth saying


@dataclass(frozen=True, slots=True)
class Wish:
    """An aspect, and the value that it is to have or, with `avoid`, is not to have.

    value: a topic, tone or creator as the catalog has it; a language's tag, which takes what is within it, as a filter
    does; one of LENGTHS, or as `neo.language.lengths` spells it; `since 2024` or `before 2015`; a mention is words that
    the item says of itself; a parent the row of what it is a part of, and its title.
    """

    aspect: WishAspect
    value: str
    avoid: bool = False

    def __str__(self) -> str:
        return f"not {self.word}" if self.avoid else self.word

    @property
    def word(self) -> str:
        """The value as people say it."""
        if self.aspect == "mention":
            return f"about {self.value}"
        if self.aspect == "parent":
            return f"of {self.value.partition(' ')[2]}"
        return LANGUAGES.get(self.value, self.value) if self.aspect == "language" else self.value

    @property
    def phrase(self) -> str:
        """As it stands behind a noun: "about birds", "in French", "that is calm"."""
        if self.aspect == "length" and self.value in (SHORT, LONG):
            return f"that is {self.value}"
        before = {"topic": "about ", "creator": "by ", "language": "in ", "released": "released ", "tone": "that is "}
        return before.get(self.aspect, "") + self.word


class WishBook:
    """What can be wished of a catalog."""

    def __init__(self, catalog: Catalog, facts: FactBook) -> None:
        self.catalog, self.facts = catalog, facts
        self.mask = lru_cache(maxsize=max(KEPT_LEAST, KEPT_BYTES // max(len(catalog), 1)))(self._mask)

    def of(self, row: int) -> list[Wish]:
        """What the item grants, and would be worth asking for among those of its type."""
        facts = self.facts.item(row)
        found = [Wish("topic", topic) for topic in facts.topics]
        found += [Wish("tone", facts.tone)] if facts.tone else []
        found += [Wish("creator", facts.creator)] if facts.creator else []
        language = self.catalog.item(row).language
        found += [Wish("language", re.split("[-_]", language)[0].lower())] if language else []
        if facts.seconds is not None:
            found += [Wish("length", words) for words, (low, high) in LENGTHS.items() if low <= facts.seconds < high]
        if facts.released is not None:
            year = facts.released.year
            found += [Wish("released", f"since {year}"), Wish("released", f"before {year + 1}")]
        return [wish for wish in found if self.worthwhile(wish, row)]

    def worthwhile(self, wish: Wish, row: int) -> bool:
        """Whether some items of the row's type grant it, and some do not; of names, whether they fit into a sentence.

        A creator's few items are enough.
        """
        if not wish.value.isprintable() or len(wish.value) > NAME_LETTERS:
            return False
        share = float(self.mask(wish)[self.catalog.type_codes == self.catalog.type_codes[row]].mean())
        return 0 < share <= MOST if wish.aspect in ("creator", "topic") else LEAST <= share <= MOST

    def _mask(self, wish: Wish) -> np.ndarray:
        """bool[items]: those that grant it. Kept: a training set asks for the same few hundred again and again."""
        having = self._having(wish)
        return ~having if wish.avoid else having

    def granted(self, wishes: Sequence[Wish]) -> np.ndarray:
        """bool[items]: those that grant all of them."""
        granted = np.ones(len(self.catalog), dtype=np.bool_)
        for wish in wishes:
            granted &= self.mask(wish)
        return granted

    def _having(self, wish: Wish) -> np.ndarray:
        fields, value = self.catalog.fields, wish.value
        match wish.aspect:
            case "topic":
                own = _named(fields.topics, value)
                return own | (own[self._parents] & self._is_part)
            case "tone":
                names = self.facts.tone_names
                return (
                    self.facts.tone_codes == names.index(value) if value in names else np.zeros(len(self.catalog), bool)
                )
            case "creator":
                own = _named(fields.creator, value)
                return own | (own[self._parents] & self._is_part & ~self._has_creator)
            case "language":
                one = [tag for tag in value.split("|") if tag]
                having = fields.language.having(speaking(fields.language.names, one))
                # One of several that are known to somebody, or none that is said.
                return (
                    having
                    if one == [value]
                    else having | ~fields.language.having(np.ones(len(fields.language.names), bool))
                )
            case "length" if value in (SHORT, LONG):
                return self._of_third(value)
            case "length":
                low, high = seconds_of(value)
                return (fields.durations > 0) & (fields.durations >= low) & (fields.durations < high)
            case "mention":
                return self.facts.mentions.rows(value)
            case "parent":
                return self.catalog.parent_rows == int(value.partition(" ")[0])
            case "released":
                how, _, year = value.partition(" ")
                first = np.datetime64(f"{year}-01-01")
                dates = self.catalog.dates
                return dates >= first if how == "since" else dates < first

    def _of_third(self, value: str) -> np.ndarray:
        """bool[items]: those of the third of their type that is SHORT, or LONG."""
        durations, found = self.catalog.fields.durations, np.zeros(len(self.catalog), dtype=np.bool_)
        for code in range(len(self.catalog.types)):
            known = (self.catalog.type_codes == code) & (durations > 0)
            if known.any():
                low, high = np.quantile(durations[known], (1 / 3, 2 / 3))
                found |= known & ((durations <= low) if value == SHORT else (durations >= high))
        return found

    @cached_property
    def _parents(self) -> np.ndarray:
        return np.maximum(self.catalog.parent_rows, 0)

    @cached_property
    def _is_part(self) -> np.ndarray:
        return self.catalog.parent_rows >= 0

    @cached_property
    def _has_creator(self) -> np.ndarray:
        values = self.catalog.fields.creator
        return values.having(np.array([bool(name.strip()) for name in values.names.to_pylist()], dtype=np.bool_))


def wished(
    book: WishBook, row: int, instead_of: Sequence[int], rng: np.random.Generator, count: int | None = None
) -> tuple[Wish, ...]:
    """Wishes that an item grants, by default one or two; some are to avoid what other items have.

    instead_of: the others, such as what the listener liked: what is wished then goes against their habits.
    """
    own = book.of(row)
    avoided = [
        Wish(wish.aspect, wish.value, avoid=True)
        for other in instead_of
        for wish in book.of(other)
        if wish.aspect in wordings.AVOIDED
    ]
    avoided = [wish for wish in avoided if book.mask(wish)[row] and book.worthwhile(replace(wish, avoid=False), row)]
    found: dict[tuple[str, bool], Wish] = {}
    for _ in range(count or 1 + int(rng.random() < TWO_WISHES)):
        options = avoided if avoided and rng.random() < AVOIDING else own
        if options:
            wish = _one_of(options, rng)
            found.setdefault((wish.aspect, wish.avoid), wish)
    return tuple(found.values())


def _one_of(wishes: Sequence[Wish], rng: np.random.Generator) -> Wish:
    """Every aspect as often as the others, however many values it has."""
    aspects = sorted({wish.aspect for wish in wishes})
    aspect = aspects[int(rng.integers(len(aspects)))]
    mine = [wish for wish in wishes if wish.aspect == aspect]
    return mine[int(rng.integers(len(mine)))]


def say(wishes: Sequence[Wish], rng: np.random.Generator, held_out: bool = False) -> str:
    """The wishes in one sentence, in one of the wordings that training sees, or in one that it never does."""
    frames = wordings.HELD_OUT_FRAMES if held_out else wordings.FRAMES
    fragments = [_fragment(wish, rng, held_out) for wish in wishes]
    joint = wordings.JOINTS[int(rng.integers(len(wordings.JOINTS)))]
    return wordings.joined(fragments, joint, frames[int(rng.integers(len(frames)))])


def _fragment(wish: Wish, rng: np.random.Generator, held_out: bool) -> str:
    known = (wordings.WANTED, wordings.AVOIDED)[wish.avoid]
    unseen = (wordings.HELD_OUT_WANTED, wordings.HELD_OUT_AVOIDED)[wish.avoid]
    patterns = (unseen if held_out else known)[wish.aspect]
    return patterns[int(rng.integers(len(patterns)))].replace("{x}", wish.word)


def _named(values: Values, name: str) -> np.ndarray:
    """bool[items]: those whose value, or one of whose values, is this name."""
    wanted = pc.equal(pc.utf8_trim_whitespace(values.names), pa.scalar(name)).to_numpy(zero_copy_only=False)
    return values.having(wanted.astype(np.bool_))
