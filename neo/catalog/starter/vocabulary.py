"""Topics and subtopics: their names, what descriptions say, what people ask for, what items are about.

The topics_*.py files hold the words: `== Topic`, then subtopics with four fields. `says` are phrases of
descriptions, `asked` are phrases of searches (the two overlap only partly, as in life), `icons` are words for
titles, `about` are subjects, some with `=` and the words that people use for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from neo.catalog.starter import (
    topics_arts_and_leisure,
    topics_past_and_present,
    topics_science_and_body,
    topics_stories_and_play,
)

SOURCES = (topics_past_and_present, topics_science_and_body, topics_arts_and_leisure, topics_stories_and_play)
FICTION = frozenset({"Mystery & Thriller", "Fantasy & Science Fiction", "Romance & Drama"})
SIBLING = 0.22  # how near two subtopics of a topic are to each other; a subtopic is 1.0 to itself
LINKED = 0.35

# Subtopics of different topics whose listeners overlap.
LINKS = """
maritime history: oceans, islands and coasts, adventure and exploration
ancient worlds: myths and fairy tales, philosophy, historical novels
medieval life: epic fantasy, historical novels
the world wars: historical novels, spies and conspiracies
everyday life in the past: family history, fashion, historical romance
cold cases: police procedurals, disappearances, psychological thrillers
heists and fraud: digital money, hard-boiled and noir
trials and courtrooms: legal and medical suspense, law and rights
forensics: police procedurals, genetics and life
organized crime: hard-boiled and noir
disappearances: psychological thrillers, adventure and exploration
world affairs: spies and conspiracies, migration
media and truth: documentary, pop culture
artificial intelligence: space opera, robots and engineering, psychology
astronomy: space opera, physics
climate: dystopias, forests and plants
startups: programming, investing
careers and work: habits and focus
economics: investing, elections
medicine: legal and medical suspense
aging well: retirement
sleep: meditation, stories for children
fitness: running, food and nutrition
food and nutrition: home cooking
relationships: modern love stories
grief and change: faith and meaning, family sagas
anxiety and mood: meditation
school and learning: language and words
pets: wild animals
stories for children: myths and fairy tales, animation
vegetable gardening: bees and small farms, forests and plants
renovation: architecture, property
decluttering: saving and budgets
walking and hiking: climbing and mountains, birds
cities: architecture
railways: industry and supply
directors and classics: photography, classic novels
horror films: ghosts and horror
television: comedy and improv, pop culture
screenwriting: writing and publishing
animation: comics and illustration, video games
role-playing: epic fantasy
chess and puzzles: mathematics, cozy mysteries
poetry: folk and songwriting
classic novels: historical novels
history of computing: video games
small-town stories: local stories, family sagas
coming of age: raising teenagers
"""


@dataclass(frozen=True)
class Subject:
    """Something that an item is about: in the words of titles, and in the words of those who look for it."""

    words: str
    asked: str


@dataclass(frozen=True)
class Subtopic:
    """`topic` is an index into `Words.topics`."""

    topic: int
    name: str
    says: tuple[str, ...]
    asked: tuple[str, ...]
    icons: tuple[str, ...]
    about: tuple[Subject, ...]


@dataclass(frozen=True)
class Words:
    """All topics and subtopics. Index into `subtopics` = the subtopic's identity inside the starter world."""

    topics: tuple[str, ...]
    subtopics: tuple[Subtopic, ...]

    @property
    def topic_of(self) -> np.ndarray:
        """int64[subtopics]"""
        return np.array([subtopic.topic for subtopic in self.subtopics])

    def fiction(self, subtopic: int) -> bool:
        return self.topics[self.subtopics[subtopic].topic] in FICTION

    def affinity(self) -> np.ndarray:
        """float32[subtopics, subtopics]: how much an interest in one is an interest in the other."""
        topic = self.topic_of
        matrix = np.where(topic[:, None] == topic[None, :], SIBLING, 0.0)
        place = {subtopic.name: i for i, subtopic in enumerate(self.subtopics)}
        for line in LINKS.strip().splitlines():
            left, right = line.split(": ")
            for other in right.split(", "):
                a, b = place[left], place[other]
                matrix[a, b] = matrix[b, a] = LINKED
        np.fill_diagonal(matrix, 1.0)
        return matrix.astype(np.float32)


@cache
def words() -> Words:
    """The words of all topics."""
    topics: list[str] = []
    subtopics: list[Subtopic] = []
    for source in SOURCES:
        for block in source.TEXT.split("== ")[1:]:
            name, _, rest = block.partition("\n")
            topics.append(name.strip())
            subtopics.extend(_subtopics(rest, len(topics) - 1))
    return Words(tuple(topics), tuple(subtopics))


def _subtopics(text: str, topic: int) -> list[Subtopic]:
    joined = text.replace("\n    ", " ")
    found: list[Subtopic] = []
    fields: dict[str, list[str]] = {}
    name = ""
    for line in [*joined.splitlines(), "end"]:
        if line.startswith("  "):
            field, _, values = line.strip().partition(": ")
            fields[field] = [value.strip() for value in values.split(",")]
        elif line.strip():
            if name:
                says, asked, icons = (tuple(fields[field]) for field in ("says", "asked", "icons"))
                found.append(Subtopic(topic, name, says, asked, icons, tuple(_subject(w) for w in fields["about"])))
            name = line.strip()
    return found


def _subject(text: str) -> Subject:
    said, _, asked = text.partition("=")
    return Subject(said, asked or said.removeprefix("the ").removeprefix("a ").removeprefix("an "))
