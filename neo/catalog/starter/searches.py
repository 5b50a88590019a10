"""The search log: who looks for what, in which words, what is chosen, and how likely that choice was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neo.catalog.activity import Searches
from neo.catalog.catalog import Catalog
from neo.catalog.starter.choices import FORBIDDEN
from neo.catalog.starter.config import DAY, WorldConfig
from neo.catalog.starter.grammar import Picker
from neo.catalog.starter.latents import SERIAL, SUBJECT_STEPS, Latents
from neo.catalog.starter.oracle import SPLITS, Cases
from neo.catalog.starter.people import People
from neo.catalog.starter.queries import (
    CONSTRAINTS_OF,
    creator_query,
    describe_query,
    title_query,
    title_words,
    topic_query,
)
from neo.catalog.starter.state import draw
from neo.catalog.starter.vocabulary import Words

KINDS = ("title", "creator", "topic", "describe")
SHARES = {
    "show": {"title": 0.10, "creator": 0.10, "topic": 0.19, "describe": 0.06},
    "episode": {"title": 0.10, "describe": 0.20},
    "audiobook": {"title": 0.05, "creator": 0.05, "topic": 0.11, "describe": 0.04},
}
ATTACHED = 0.6  # share of searches by a listener who is known
APPEAL, TASTE, TONE, FOREIGN = 0.75, 0.35, 0.3, 3.0
CHUNK = 1_000  # searches whose distributions are held in memory at a time


@dataclass(frozen=True)
class SearchLog:
    searches: Searches
    cases: Cases  # `search` is the row in `searches`


@dataclass(frozen=True)
class _Asked:
    """Who searches, and when; the listener is -1 where nobody is known."""

    listener: np.ndarray
    time: np.ndarray
    day: np.ndarray


class _TypeIndex:
    """What a search is compared with: the latents and title words of one type's items."""

    def __init__(self, items: Latents, catalog: Catalog, type_name: str) -> None:
        self.rows = catalog.rows_of(type_name)
        rows = self.rows
        self.sub1, self.sub2, self.weight1 = items.sub1[rows], items.sub2[rows], items.weight1[rows]
        self.tone, self.appeal, self.day, self.creator = (
            items.tone[rows],
            items.appeal[rows],
            items.day[rows],
            items.creator[rows],
        )
        self.language, self.duration, self.subject = (
            items.language[rows],
            items.duration[rows],
            items.subject[rows],
        )
        self.second = items.second[rows]
        self.steps = (0,) if type_name == "episode" else SUBJECT_STEPS
        self.serial = items.style == SERIAL if type_name == "show" else np.zeros(len(rows), dtype=bool)
        short, long = np.quantile(self.duration, [0.3, 0.7])
        self.short, self.long = self.duration <= short, self.duration >= long
        self.titles = catalog.column("title").take(rows).to_pylist()
        self.creators = catalog.column("creator").take(rows).to_pylist()
        self.words: dict[str, np.ndarray] = {}
        self._index_titles()

    def _index_titles(self) -> None:
        places: dict[str, list[int]] = {}
        split = [title_words(title) for title in self.titles]
        for i, words in enumerate(split):
            for word in set(words):
                places.setdefault(word, []).append(i)
        self.words = {word: np.array(where) for word, where in places.items()}
        self.rarity = {word: float(np.log(1 + len(split) / len(where))) for word, where in places.items()}
        self.title_weight = np.array([sum(self.rarity[word] for word in set(words)) for words in split])

    def title_match(self, meant: list[str]) -> np.ndarray:
        """float32[items]: 22 x the query's share found in a title + 4 x the title's share in the query."""
        found, total = np.zeros(len(self.titles)), 1e-9
        for word in set(meant):
            found[self.words[word]] += self.rarity[word]
            total += self.rarity[word]
        return (22 * found / total + 4 * found / np.maximum(self.title_weight, 1e-9)).astype(np.float32)


class _Run:
    def __init__(
        self,
        config: WorldConfig,
        words: Words,
        items: Latents,
        people: People,
        catalog: Catalog,
        popularity: np.ndarray,
    ) -> None:
        self.config, self.words, self.items, self.people, self.catalog = config, words, items, people, catalog
        self.rng, self.picker = np.random.default_rng([config.seed, 16]), Picker(config.seed, 25)
        self.affinity = words.affinity()
        self.taste = people.taste @ self.affinity
        self.popularity = popularity / popularity.sum()
        self.queries: list[str] = []
        self.parts: list[tuple[np.ndarray, ...]] = []
        self.cases: list[Cases] = []

    def go(self) -> SearchLog:
        total = round(self.config.searches_per_listener * self.config.listeners)
        for type_name, shares in SHARES.items():
            index = _TypeIndex(self.items, self.catalog, type_name)
            for kind, share in shares.items():
                left = round(total * share)
                while left > 0:
                    self._some(index, type_name, kind, min(left, CHUNK))
                    left -= CHUNK
        if not self.parts:
            return SearchLog(Searches.none(), Cases.none())
        who, item, time, codes = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.argsort(time, kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        queries = [self.queries[i] for i in order.tolist()]
        kinds = [KINDS[code] for code in codes[order].tolist()]
        searches = Searches.from_arrays(queries, who[order], item[order], time[order], kinds)
        cases = Cases.join(self.cases)
        cases.search[:] = place[cases.search]
        return SearchLog(searches, cases.take(np.argsort(cases.search, kind="stable")))

    def _some(self, index: _TypeIndex, type_name: str, kind: str, count: int) -> None:
        asked = self._who(count)
        base = self._liking(index, asked)
        out = index.day <= asked.day[:, None]
        queries, match = getattr(self, f"_{kind}")(index, type_name, asked, np.where(out, base, FORBIDDEN))
        utility = np.where(out, base + match, FORBIDDEN)
        weights = np.exp(utility - utility.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        chosen = draw(weights, self.rng)
        target, rows, first = index.rows[chosen], index.rows, len(self.queries)
        for split, name in enumerate(SPLITS):
            cut = self.config.cuts[name]
            mine = np.flatnonzero((asked.time >= cut) & (asked.time < cut + self.config.horizon_days * DAY))
            who, when = asked.listener[mine], asked.time[mine]
            self.cases.append(Cases.of(split, type_name, who, first + mine, when, target[mine], rows, weights[mine]))
        self.queries += queries
        self.parts.append((asked.listener, target, asked.time, np.full(count, KINDS.index(kind))))

    def _who(self, count: int) -> _Asked:
        listener = np.where(self.rng.random(count) < ATTACHED, self.rng.integers(0, self.config.listeners, count), -1)
        since = np.where(listener >= 0, np.maximum(self.people.joined[listener], 0), 0)
        day = self.rng.integers(since, self.config.days)
        second = np.clip(self.rng.normal(18 * 3600, 4 * 3600, count), 0, DAY - 1).astype(np.int64)
        return _Asked(listener, self.config.start + day * DAY + second, day)

    def _liking(self, index: _TypeIndex, asked: _Asked) -> np.ndarray:
        """float32[searches, items]: popularity, a bit of taste, and the language."""
        known, who = (asked.listener >= 0)[:, None], np.maximum(asked.listener, 0)
        taste = index.weight1 * self.taste[who][:, index.sub1] + (1 - index.weight1) * self.taste[who][:, index.sub2]
        liking = (
            np.float32(TASTE) * np.log(np.float32(0.03) + taste)
            + np.float32(TONE) * self.people.tone[who][:, index.tone]
        )
        language = np.where(known, self.people.language[who][:, None], 0)
        return (
            np.float32(APPEAL) * index.appeal
            + known * liking
            - np.float32(FOREIGN) * ((index.language != language) & (index.language != 0))
        )

    def _seed(self, liking: np.ndarray) -> np.ndarray:
        """An item in mind, of those that are out, by popularity and taste."""
        return draw(np.exp(np.minimum(liking - liking.max(axis=1, keepdims=True), 0)), self.rng)

    def _title(
        self, index: _TypeIndex, type_name: str, asked: _Asked, liking: np.ndarray
    ) -> tuple[list[str], np.ndarray]:
        typed = [title_query(self.picker, index.titles[item]) for item in self._seed(liking).tolist()]
        return [query for query, _ in typed], np.stack([index.title_match(meant) for _, meant in typed])

    def _creator(
        self, index: _TypeIndex, type_name: str, asked: _Asked, liking: np.ndarray
    ) -> tuple[list[str], np.ndarray]:
        item = self._seed(liking)
        queries = [creator_query(self.picker, index.creators[i], type_name) for i in item.tolist()]
        return queries, np.float32(12.0) * (index.creator[item][:, None] == index.creator)

    def _subtopics(self, asked: _Asked) -> np.ndarray:
        """What is looked for: a listener's taste, or what the world cares for."""
        world = np.broadcast_to(self.popularity, (len(asked.day), len(self.popularity)))
        return draw(
            np.where((asked.listener >= 0)[:, None], self.people.taste[np.maximum(asked.listener, 0)], world),
            self.rng,
        )

    def _nearness(self, index: _TypeIndex, subtopic: np.ndarray) -> np.ndarray:
        near = self.affinity[subtopic]
        return np.log(
            np.float32(0.01) + index.weight1 * near[:, index.sub1] + (1 - index.weight1) * near[:, index.sub2]
        )

    def _topic(
        self, index: _TypeIndex, type_name: str, asked: _Asked, liking: np.ndarray
    ) -> tuple[list[str], np.ndarray]:
        subtopic = self._subtopics(asked)
        queries = [topic_query(self.picker, self.words, self.words.subtopics[s], type_name) for s in subtopic.tolist()]
        return queries, np.float32(2.5) * self._nearness(index, subtopic)

    def _describe(
        self, index: _TypeIndex, type_name: str, asked: _Asked, liking: np.ndarray
    ) -> tuple[list[str], np.ndarray]:
        n, picker, subtopic = len(asked.day), self.picker, self._subtopics(asked)
        item = self._seed(
            np.where(
                index.day <= asked.day[:, None],
                liking + np.float32(2.5) * self._nearness(index, subtopic),
                FORBIDDEN,
            )
        )
        about_second = index.second[item]
        subtopic = np.where(about_second, index.sub2[item], index.sub1[item])
        subject = np.where(self.rng.random(n) < (0.85 if type_name == "episode" else 0.45), index.subject[item], -1)
        tone = np.where(self.rng.random(n) < 0.6, index.tone[item], -1)
        wishes = [picker.one(CONSTRAINTS_OF[type_name]) if picker.chance(0.25) else "" for _ in range(n)]
        queries = [
            describe_query(
                picker, self.words.subtopics[s], a if a >= 0 else None, t if t >= 0 else None, wish, type_name
            )
            for s, a, t, wish in zip(subtopic.tolist(), subject.tolist(), tone.tolist(), wishes, strict=True)
        ]
        match = np.float32(2.6) * self._nearness(index, subtopic) + np.float32(2.2) * (tone[:, None] == index.tone)
        match += np.float32(4.5) * self._speaks_of(index, subtopic, subject)
        tests = {
            "short": index.short,
            "long": index.long,
            "serial": index.serial,
            "": np.zeros(len(index.rows), dtype=bool),
        }
        fits = [asked.day[i] - index.day < 90 if wish == "new" else tests[wish] for i, wish in enumerate(wishes)]
        return queries, match + np.float32(1.5) * np.stack(fits)

    def _speaks_of(self, index: _TypeIndex, subtopic: np.ndarray, subject: np.ndarray) -> np.ndarray:
        """bool[searches, items]"""
        about = np.where(index.second, index.sub2, index.sub1)
        named = np.zeros((len(subject), len(index.rows)), dtype=bool)
        for step in index.steps:
            named |= (index.subject + step) % 12 == subject[:, None]
        return named & (about == subtopic[:, None])


def make_searches(
    config: WorldConfig,
    words: Words,
    items: Latents,
    people: People,
    catalog: Catalog,
    popularity: np.ndarray,
) -> SearchLog:
    """Draws the search log. `popularity` float64[subtopics]: how much the world cares for each."""
    return _Run(config, words, items, people, catalog, popularity).go()
