"""Filling a template's slots with segments, and the words that stand for an item type.

What goes into a slot is a segment of its own and is never parsed again: a query that spells `{item}` stays
a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple

from neo.language.segments import ItemRef, Segment, Text, merge_texts
from neo_sdk.errors import InvalidRequestError

if TYPE_CHECKING:
    from neo.catalog.item_types import ItemType

COUNTS = (("one", "1", "a single"), ("two", "2", "a pair of"), ("three", "3"), ("four", "4"), ("five", "5"))
SLOTS = frozenset({"type", "types", "a_type", "query", "item", "ref", "count"})


def slots_of(template: str) -> tuple[str, ...]:
    """The slot names of a template in their order; InvalidRequestError where it is not a plain template."""
    return tuple(name for _, name in _pieces(template) if name is not None)


def for_count(templates: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The wordings whose type slot agrees with a number of items: `{types}` for several, else one."""
    return _of_number(templates, count == 1)


@lru_cache(maxsize=128)  # a request would look through a thousand
def _of_number(templates: tuple[str, ...], one: bool) -> tuple[str, ...]:
    return tuple(t for t in templates if _number(t) in (None, one))


def for_number(template: str, count: int) -> str:
    """The template for a number of items: 'Give me {count} {type}.' for one."""
    return template.replace("{types}", "{type}") if count == 1 else template


def fill(template: str, /, **slots: Text | ItemRef | str) -> tuple[Segment, ...]:
    """The template's segments, every slot replaced by its segment; neighboring texts are merged.

    Slots that the template does not use are left aside, so one call serves every wording of a task. A slot
    that is missing, or one that no wording knows, raises InvalidRequestError.
    """
    unknown = slots.keys() - SLOTS
    if unknown:
        raise InvalidRequestError(
            f"There is no slot {', '.join(sorted(unknown))}: wordings know {', '.join(sorted(SLOTS))}."
        )
    segments: list[Segment] = []
    for text, name in _pieces(template):
        segments.append(Text(text))
        if name is None:
            continue
        if name not in slots:
            raise InvalidRequestError(f"The wording {template!r} needs the slot {name!r}: pass {name}=...")
        content = slots[name]
        segments.append(Text(content) if isinstance(content, str) else content)
    return merge_texts(segments)


def _number(template: str) -> bool | None:
    """True where the type slot is singular, False where it is plural, None without one."""
    slots = {"type": True, "a_type": True, "types": False}
    return next((slots[name] for name in slots_of(template) if name in slots), None)


@lru_cache(maxsize=32_768)  # there are 8,400 wordings, and a request looks through all of its task
def _pieces(template: str) -> tuple[tuple[str, str | None], ...]:
    """(text, slot that follows it or None) pairs."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise InvalidRequestError(f"The wording {template!r} does not parse: {error}.") from None
    pieces: list[tuple[str, str | None]] = []
    for text, name, spec, conversion in parsed:
        if name is not None and (name not in SLOTS or spec or conversion):
            raise InvalidRequestError(
                f"The wording {template!r} has a slot that is none of {', '.join(sorted(SLOTS))}, or one "
                "with a format or conversion: write the plain name in braces."
            )
        pieces.append((text, name))
    return tuple(pieces)


class TypeWords(NamedTuple):
    """One way to speak of an item type."""

    singular: str
    plural: str

    @property
    def with_article(self) -> str:
        """'an episode', 'a show'."""
        return with_article(self.singular)

    def slots(self) -> dict[str, str]:
        """The three type slots of a wording, ready for `fill(template, **words.slots())`."""
        return {"type": self.singular, "types": self.plural, "a_type": self.with_article}


def with_article(noun: str) -> str:
    """'a' or 'an' by the first letter: right for our words, close enough for those a catalog registers."""
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def series(names: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'; a comma before the 'and' where a name holds one itself."""
    if len(names) < 2:
        return "".join(names)
    comma = "," if any(" and " in name or "&" in name for name in names) else ""
    return f"{', '.join(names[:-1])}{comma} and {names[-1]}"


def ranked(names: Sequence[str]) -> str:
    """'a', 'a, next b', 'a, next b, and then c': of the first three names, every one behind a word of its own.

    A small model copies what stood behind the same word: of 'a, b, and c' it made 'a, b, and b'.
    """
    return "".join(f"{joint}{name}" for joint, name in zip(("", ", next ", ", and then "), names, strict=False))


# The first of each is what the SDK says. "Show" stands in a few wordings as a verb, as people say it.
_WORDS: dict[str, tuple[TypeWords, ...]] = {
    "show": (
        TypeWords("show", "shows"),
        TypeWords("podcast", "podcasts"),
        TypeWords("podcast show", "podcast shows"),
        TypeWords("podcast series", "podcast series"),
    ),
    "episode": (TypeWords("episode", "episodes"), TypeWords("podcast episode", "podcast episodes")),
    "audiobook": (TypeWords("audiobook", "audiobooks"), TypeWords("book", "books")),
}


def type_words(item_type: ItemType) -> tuple[TypeWords, ...]:
    """The words for a type, the canonical first; one that a catalog registers goes by its own name and plural.

    So does a built-in one whose plural the catalog has changed: its "books" may be no audiobooks.
    """
    own = TypeWords(*(" ".join(name.replace("_", " ").split()) for name in (item_type.name, item_type.plural)))
    words = _WORDS.get(item_type.name, (own,))
    return words if words[0] == own else (own,)
