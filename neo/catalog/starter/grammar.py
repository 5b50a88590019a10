"""Filling sentences: a seeded picker, templates with slots, and the small repairs that English needs."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import TypeVar

T = TypeVar("T")

SMALL_WORDS = frozenset(
    re.findall(r"\w+", "a an and as at between by de for from in is of on or that the to under who with")
)
MIN_WORDS, MAX_WORDS = 15, 38
REPEATABLE = frozenset({"name", "subject", "place", "adj"})  # words that may come twice in a description


class Picker:
    """Draws words and sentences, the same ones for the same seed."""

    def __init__(self, *seed: int) -> None:
        self.random = random.Random("/".join(map(str, seed)))

    def one(self, options: Sequence[T]) -> T:
        return options[int(self.random.random() * len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Different ones, in random order."""
        return self.random.sample(options, min(count, len(options)))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability


@cache
def slots_of(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def usable(templates: Sequence[str], slots: Mapping[str, str]) -> list[str]:
    """The templates whose slots all have words."""
    full = {name for name, words in slots.items() if words}
    return [template for template in templates if slots_of(template) <= full]


def fill(template: str, slots: Mapping[str, str]) -> str:
    """The template with its slots filled, articles and capital letters put right."""
    text = template.format_map(slots)
    text = re.sub(r"\b([Aa]) (?=(?:[aeioAEIO]|[uU](?!ni|se|ni))(?!ne-|uro))", r"\1n ", text)
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match[1] + match[2].upper(), text)


def title_case(text: str) -> str:
    """Title Case, with small words left small except at either end."""
    parts = text.split(" ")
    last = len(parts) - 1
    return " ".join(
        part if part in SMALL_WORDS and 0 < i < last and not parts[i - 1].endswith(":") else part[:1].upper() + part[1:]
        for i, part in enumerate(parts)
    )


def describe(picker: Picker, openings: Sequence[str], more: Sequence[str], slots: Mapping[str, str]) -> str:
    """An opening and further sentences, 15 to 40 words in all."""
    opening = picker.one(usable(openings, slots))
    text, used = fill(opening, slots), slots_of(opening) - REPEATABLE
    goal = picker.random.randint(MIN_WORDS + 2, MAX_WORDS - 6)
    sentences = usable(more, slots)
    for template in picker.some(sentences, len(sentences)):
        if len(text.split()) >= goal:
            break
        longer, mine = f"{text} {fill(template, slots)}", slots_of(template) - REPEATABLE
        if len(longer.split()) <= MAX_WORDS and not mine & used:
            text, used = longer, used | mine
    return text


class Titles:
    """Gives out titles, each once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def new(self, picker: Picker, templates: Sequence[str], slots: Callable[[], Mapping[str, str]], last: str) -> str:
        """A title that nobody has yet, of a template and slots freshly drawn; else with `last` behind it."""
        title, filling = "", slots()
        for attempt in range(40):
            filling = slots() if attempt % 5 == 4 else filling
            title = title_case(fill(picker.one(usable(templates, filling)), filling))
            if title.lower() not in self.taken:
                break
        else:
            base, count = title, 1
            while title.lower() in self.taken:
                title = f"{base}{last}" if count == 1 else f"{base}{last} {count}"
                count += 1
        self.taken.add(title.lower())
        return title
