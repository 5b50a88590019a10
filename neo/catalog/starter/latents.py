"""What the world knows of an item and no recommender is told: weights of subtopics, tone, appeal.

Rows are catalog rows: all shows, then all episodes (grouped by show, in order), then all audiobooks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.vocabulary import Words
from neo.catalog.starter.voices import (
    COUNTRIES,
    COUNTRY_SHARE,
    HOME_LANGUAGE,
    TONES,
    tone_distribution,
)

SERIAL, TOPICAL, NEWS = 0, 1, 2
STYLES = ("serial", "topical", "news")
# Topics in which audiobooks are more (or less) common than shows.
BOOK_WEIGHT = {
    "Mystery & Thriller": 3.0,
    "Fantasy & Science Fiction": 3.0,
    "Romance & Drama": 3.2,
    "Books & Ideas": 1.6,
    "History": 1.4,
    "Mind": 1.3,
    "Sport": 0.5,
    "News & Politics": 0.4,
    "Games & Play": 0.4,
    "Film & TV": 0.5,
    "Technology": 0.6,
}
SHOW_WEIGHT = {
    "Mystery & Thriller": 0.5,
    "Fantasy & Science Fiction": 0.6,
    "Romance & Drama": 0.35,
    "News & Politics": 1.5,
}
SERIAL_TOPICS = frozenset(
    {
        "True Crime",
        "Mystery & Thriller",
        "Fantasy & Science Fiction",
        "Romance & Drama",
        "History",
        "Games & Play",
    }
)
EPISODES_IN_PERIOD = 0.17
SUBJECT_STEPS = (
    0,
    4,
    7,
)  # a show or audiobook speaks of three subjects: its own, and those so many places further


@dataclass(frozen=True)
class Latents:
    """Arrays over catalog rows, or over those of one type where said so. Day 0 is the first simulated."""

    n_shows: int
    n_episodes: int
    n_books: int
    sub1: np.ndarray  # int64[n] main subtopic
    sub2: np.ndarray  # int64[n] second subtopic (may equal the first)
    weight1: np.ndarray  # float32[n] share of the main one
    tone: np.ndarray  # int64[n]
    appeal: np.ndarray  # float32[n] log popularity
    day: np.ndarray  # int64[n] when it comes out; negative: before the period
    language: np.ndarray  # int64[n]
    country: np.ndarray  # int64[n]
    duration: np.ndarray  # int64[n] seconds; of a show, its typical episode
    subject: np.ndarray  # int64[n] index into the main subtopic's subjects, or of sub2 where `second`
    second: np.ndarray  # bool[n] episode is about the second subtopic
    creator: np.ndarray  # int64[n] hosts of shows and episodes from 0, authors of audiobooks from 0
    style: np.ndarray  # int64[shows]
    first_episode: np.ndarray  # int64[shows + 1] offsets into the episodes
    number: np.ndarray  # int64[episodes] from 1
    part: np.ndarray  # int64[episodes] place in its arc from 1, 0 without arc
    series: np.ndarray  # int64[books] -1 none
    volume: np.ndarray  # int64[books] place in the series from 1, 0 without
    previous: np.ndarray  # int64[books] the volume before, -1 none

    @property
    def episode_rows(self) -> slice:
        return slice(self.n_shows, self.n_shows + self.n_episodes)

    @property
    def book_rows(self) -> slice:
        return slice(self.n_shows + self.n_episodes, self.n_shows + self.n_episodes + self.n_books)

    @property
    def show_of(self) -> np.ndarray:
        """int64[episodes]: the show of each episode."""
        return np.repeat(np.arange(self.n_shows), np.diff(self.first_episode))


def make_latents(config: WorldConfig, words: Words, popularity: np.ndarray) -> Latents:
    """Draws all items. `popularity` float64[subtopics] says how much the world cares for each subtopic."""
    rng = np.random.default_rng([config.seed, 11])
    shows = _shows(rng, config, words, popularity)
    episodes = _episodes(rng, config, words, shows)
    books = _books(rng, config, words, popularity)
    shared = (
        "sub1",
        "sub2",
        "weight1",
        "tone",
        "appeal",
        "day",
        "language",
        "country",
        "duration",
        "subject",
        "second",
        "creator",
    )
    columns = {name: np.concatenate((shows[name], episodes[name], books[name])) for name in shared}
    own = {name: shows[name] for name in ("style", "first_episode")} | {
        name: episodes[name] for name in ("number", "part")
    }
    own |= {name: books[name] for name in ("series", "volume", "previous")}
    return Latents(config.shows, config.episodes, config.audiobooks, **columns, **own)


Columns = dict[str, np.ndarray]


def _contents(
    rng: np.random.Generator, words: Words, sub1: np.ndarray, fixed_tone: np.ndarray | None = None
) -> Columns:
    """Second subtopic, weight and tone for items whose main subtopic is known."""
    n, affinity = len(sub1), words.affinity().astype(np.float64)
    np.fill_diagonal(affinity, 0.0)
    near = affinity / affinity.sum(axis=1, keepdims=True)
    sub2 = _draw_rows(rng, near[sub1])
    sub2 = np.where(rng.random(n) < 0.2, sub1, sub2)
    tones = np.stack([tone_distribution(topic) for topic in words.topics])
    tone = _draw_rows(rng, tones[words.topic_of[sub1]]) if fixed_tone is None else fixed_tone
    names = [tone_.name for tone_ in TONES]
    for subtopic, forced in (
        ("comedy and improv", "funny"),
        ("meditation", "calm"),
        ("stories for children", "warm"),
    ):
        here = sub1 == [s.name for s in words.subtopics].index(subtopic)
        tone = np.where(here & (rng.random(n) < 0.85), names.index(forced), tone)
    weight1 = rng.uniform(0.6, 0.9, n).astype(np.float32)
    return {"sub1": sub1, "sub2": sub2, "weight1": weight1, "tone": tone, "subject": rng.integers(0, 12, n)}


def _shows(rng: np.random.Generator, config: WorldConfig, words: Words, popularity: np.ndarray) -> Columns:
    n = config.shows
    weights = popularity**0.8 * _by_topic(words, SHOW_WEIGHT)
    out = _contents(rng, words, rng.choice(len(weights), n, p=weights / weights.sum()))
    topics = words.topic_of[out["sub1"]]
    news = (np.array(words.topics)[topics] == "News & Politics") & (rng.random(n) < 0.5)
    serial_chance = np.array([0.55 if topic in SERIAL_TOPICS else 0.12 for topic in words.topics])[topics]
    style = np.where(news, NEWS, np.where(rng.random(n) < serial_chance, SERIAL, TOPICAL))
    country = rng.choice(len(COUNTRIES), n, p=COUNTRY_SHARE)
    home = np.array([HOME_LANGUAGE.get(code, 0) for code in COUNTRIES])[country]
    language = np.where(rng.random(n) < 0.5, home, 0)
    minutes = np.clip(rng.lognormal(np.log(36), 0.45, n), 6, 150)
    minutes = np.where(style == NEWS, minutes * 0.5, minutes)
    sizes = _sizes(rng, n, config.episodes)
    return (
        out
        | {
            "appeal": rng.normal(0, 1.0, n).astype(np.float32),
            "language": language,
            "country": country,
            "duration": (minutes * 60).astype(np.int64),
            "second": np.zeros(n, dtype=bool),
            "creator": _creators(rng, topics, again=0.25),
            "style": style,
            "first_episode": np.concatenate(([0], np.cumsum(sizes))),
        }
        | _release_days(rng, config, style, sizes)
    )


def _sizes(rng: np.random.Generator, n: int, total: int) -> np.ndarray:
    """int64[n], 3 to 60 each, skewed, with the sum `total`."""
    raw = rng.lognormal(0, 0.75, n)
    low, high = 0.0, 60.0 * total
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(raw * middle, 3, 60).sum() < total else (low, middle)
    sizes = np.clip(raw * low, 3, 60).astype(np.int64)
    while (missing := total - int(sizes.sum())) > 0:
        open_ = np.flatnonzero(sizes < 60)
        sizes[rng.permutation(open_)[:missing]] += 1
    return sizes


def _release_days(rng: np.random.Generator, config: WorldConfig, style: np.ndarray, sizes: np.ndarray) -> Columns:
    """`day` of every show (its first episode) and `episode_day` of every episode."""
    every = np.where(style == NEWS, rng.choice([3, 4, 7], len(style)), rng.choice([7, 7, 14, 30], len(style)))
    days: list[np.ndarray] = []
    wanted = round(EPISODES_IN_PERIOD * int(sizes.sum()))
    running = np.zeros(len(style), dtype=bool)
    for show in sorted(range(len(style)), key=lambda show: (style[show] != NEWS, rng.random())):
        running[show] = wanted > 0
        wanted -= min(int(sizes[show]), config.days // int(every[show])) if wanted > 0 else 0
    for show, size in enumerate(sizes):
        last = (
            config.days - 1 - int(rng.integers(0, every[show] + 1)) if running[show] else -1 - int(rng.exponential(250))
        )
        jitter = rng.integers(0, 2, size)
        days.append(np.minimum(last - (np.arange(size)[::-1] * every[show]) + jitter, config.days - 1))
    return {"day": np.array([d[0] for d in days]), "episode_day": np.concatenate(days)}


def _episodes(rng: np.random.Generator, config: WorldConfig, words: Words, shows: Columns) -> Columns:
    sizes = np.diff(shows["first_episode"])
    show = np.repeat(np.arange(config.shows), sizes)
    n = len(show)
    number = np.arange(n) - np.repeat(shows["first_episode"][:-1], sizes) + 1
    second = (rng.random(n) > shows["weight1"][show]) & (shows["style"][show] != SERIAL)
    subject = np.concatenate([_subjects(rng, int(size)) for size in sizes])
    part = np.zeros(n, dtype=np.int64)
    for i in np.flatnonzero(shows["style"] == SERIAL):
        start, size = int(shows["first_episode"][i]), int(sizes[i])
        arcs = np.repeat(np.arange(size), rng.integers(3, 9, size))[:size]
        subject[start : start + size] = rng.permutation(12)[arcs % 12]
        part[start : start + size] = np.arange(size) - np.searchsorted(arcs, arcs) + 1
    tone = np.where(rng.random(n) < 0.85, shows["tone"][show], rng.integers(0, len(TONES), n))
    episodes = {name: shows[name][show] for name in ("sub1", "sub2", "weight1", "language", "country", "creator")}
    return episodes | {
        "subject": subject,
        "second": second,
        "weight1": np.where(second, 0.25, 0.9).astype(np.float32),
        "tone": tone,
        "appeal": rng.normal(0, 0.6, n).astype(np.float32),
        "day": shows["episode_day"],
        "duration": (shows["duration"][show] * rng.lognormal(0, 0.18, n)).astype(np.int64),
        "number": number,
        "part": part,
    }


def _subjects(rng: np.random.Generator, size: int) -> np.ndarray:
    """int64[size] of 12 subjects; one comes back only after all others."""
    return np.concatenate([rng.permutation(12) for _ in range(size // 12 + 1)])[:size]


def _books(rng: np.random.Generator, config: WorldConfig, words: Words, popularity: np.ndarray) -> Columns:
    n = config.audiobooks
    weights = popularity**0.8 * _by_topic(words, BOOK_WEIGHT)
    sub1 = rng.choice(len(weights), n, p=weights / weights.sum())
    author = _creators(rng, words.topic_of[sub1], again=0.55)
    out = _contents(rng, words, sub1)
    years = np.minimum(rng.exponential(9 * 365, n), 60 * 365).astype(np.int64) + 1
    day = np.where(rng.random(n) < 0.08, rng.integers(0, config.days, n), -years)
    series, volume, previous = (np.full(n, fill, dtype=np.int64) for fill in (-1, 0, -1))
    for number, writer in enumerate(np.unique(author)):
        books = np.flatnonzero(author == writer)
        fiction = words.fiction(int(sub1[books[0]]))
        if len(books) < 2 or rng.random() > (0.75 if fiction else 0.15):
            continue
        books = books[np.argsort(day[books], kind="stable")][: int(rng.integers(2, 6))]
        series[books], volume[books], previous[books[1:]] = number, np.arange(1, len(books) + 1), books[:-1]
        for name in ("sub1", "sub2", "tone"):
            out[name][books] = out[name][books[0]]
    country = rng.choice(len(COUNTRIES), n, p=COUNTRY_SHARE)
    home = np.array([HOME_LANGUAGE.get(code, 0) for code in COUNTRIES])[country]
    return out | {
        "appeal": rng.normal(0, 0.9, n).astype(np.float32),
        "day": day,
        "language": np.where(rng.random(n) < 0.4, home, 0),
        "country": country,
        "duration": (np.clip(rng.lognormal(np.log(8.5), 0.4, n), 2, 40) * 3600).astype(np.int64),
        "second": np.zeros(n, dtype=bool),
        "creator": author,
        "series": series,
        "volume": volume,
        "previous": previous,
    }


def _creators(rng: np.random.Generator, topics: np.ndarray, again: float) -> np.ndarray:
    """int64[n]: who made each item; with chance `again` somebody who already works on the same topic."""
    known: dict[int, list[int]] = {}
    out, count = [], 0
    for topic in topics.tolist():
        mine = known.setdefault(topic, [])
        if mine and rng.random() < again:
            out.append(mine[int(rng.integers(len(mine)))])
            continue
        mine.append(count)
        out.append(count)
        count += 1
    return np.array(out, dtype=np.int64)


def _by_topic(words: Words, table: dict[str, float]) -> np.ndarray:
    return np.array([table.get(topic, 1.0) for topic in words.topics])[words.topic_of]


def _draw_rows(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """int64[n]: one column a row, by the row's weights (which sum to 1)."""
    return np.minimum((weights.cumsum(axis=1) < rng.random((len(weights), 1))).sum(axis=1), weights.shape[1] - 1)
