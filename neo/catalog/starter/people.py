"""Listeners: tastes shared by all item types, how active they are, where they live, when they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neo.catalog.starter.config import DAY, WorldConfig
from neo.catalog.starter.vocabulary import Words
from neo.catalog.starter.voices import COUNTRIES, COUNTRY_SHARE, HOME_LANGUAGE, TONES


@dataclass(frozen=True)
class People:
    """Arrays over listeners."""

    taste: np.ndarray  # float32[listeners, subtopics], rows sum to 1
    tone: np.ndarray  # float32[listeners, tones], log preference
    activity: np.ndarray  # float64[listeners] events a day
    explore: np.ndarray  # float32[listeners] chance that a choice ignores taste
    follows: np.ndarray  # float32[listeners] chance that an event is a new show, once settled
    books: np.ndarray  # float32[listeners] chance that an event is a finished audiobook
    country: np.ndarray  # int64[listeners]
    language: np.ndarray  # int64[listeners]
    joined: np.ndarray  # int64[listeners] day, negative: before the period
    onboarding: tuple[tuple[int, ...], ...]  # topics that they named on the first day


def make_people(config: WorldConfig, words: Words, popularity: np.ndarray) -> People:
    """Draws all listeners. `popularity` float64[subtopics]: how much the world cares for each."""
    rng = np.random.default_rng([config.seed, 12])
    n = config.listeners
    taste, onboarding = _tastes(rng, n, words, popularity)
    country = rng.choice(len(COUNTRIES), n, p=COUNTRY_SHARE)
    home = np.array([HOME_LANGUAGE.get(code, 0) for code in COUNTRIES])[country]
    # One in four joins within the period; of those, some in its last two weeks, with little or no history.
    early = -rng.integers(1, 900, n)
    late = np.where(
        rng.random(n) < 0.25,
        rng.integers(max(0, config.days - 14), config.days, n),
        rng.integers(0, config.days, n),
    )
    return People(
        taste=taste,
        tone=np.log(rng.dirichlet(np.full(len(TONES), 0.7), n) + 0.03).astype(np.float32),
        activity=config.events_per_listener / config.days * rng.lognormal(-0.18, 0.6, n),
        explore=rng.beta(1.2, 10, n).astype(np.float32),
        follows=rng.beta(4, 42, n).astype(np.float32),
        books=np.where(rng.random(n) < 0.65, rng.beta(2, 17, n), 0.004).astype(np.float32),
        country=country,
        language=np.where(rng.random(n) < 0.75, home, 0),
        joined=np.where(rng.random(n) < 0.25, late, early),
        onboarding=tuple(onboarding),
    )


def _tastes(
    rng: np.random.Generator, n: int, words: Words, popularity: np.ndarray
) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Two to four favorite topics a listener, one to three subtopics in each; topics named on joining."""
    by_topic = np.log(np.bincount(words.topic_of, weights=popularity))
    topics = np.argsort(-(by_topic + rng.gumbel(size=(n, len(by_topic)))), axis=1)[:, :4]
    shares = rng.gamma(1.2, 1.0, topics.shape) * (np.arange(4) < rng.integers(2, 5, n)[:, None])
    taste = np.zeros((n, len(words.subtopics)))
    for k in range(4):
        inside = topics[:, k][:, None] == words.topic_of
        order = np.argsort(np.argsort(np.where(inside, rng.random(taste.shape), 2.0), axis=1), axis=1)
        some = np.where(inside & (order < rng.integers(1, 4, n)[:, None]), rng.gamma(1.0, 1.0, taste.shape), 0.0)
        taste += shares[:, k][:, None] * some / some.sum(axis=1, keepdims=True)
    best = np.take_along_axis(topics, np.argsort(-shares, axis=1), axis=1)
    named = np.minimum(rng.integers(0, 4, n), (shares > 0).sum(axis=1))
    onboarding = [tuple(int(topic) for topic in row[:count]) for row, count in zip(best, named, strict=True)]
    return (taste / taste.sum(axis=1, keepdims=True)).astype(np.float32), onboarding


@dataclass(frozen=True)
class Plan:
    """When listeners sit down to listen; the events of listener u are `offsets[u]` to `offsets[u + 1]`."""

    start: np.ndarray  # int64[events] second at which the event's session begins
    opens: np.ndarray  # bool[events] first of its session
    offsets: np.ndarray  # int64[listeners + 1]


def make_plan(config: WorldConfig, people: People) -> Plan:
    """Sessions by habit: two favorite hours a listener, quieter or busier weekends, some weeks away."""
    rng = np.random.default_rng([config.seed, 13])
    starts: list[np.ndarray] = []
    opens: list[np.ndarray] = []
    sizes = []
    weekday = (np.arange(config.days) + config.first_day.weekday()) % 7
    size_mean = rng.uniform(1.8, 4.2, config.listeners)
    for listener in range(config.listeners):
        weights = np.where(weekday >= 5, rng.lognormal(0, 0.6), 1.0)
        weights[: max(0, int(people.joined[listener]))] = 0
        if rng.random() < 0.3:
            away = int(rng.integers(0, config.days))
            weights[away : away + int(rng.integers(5, 25))] *= 0.05
        expected = people.activity[listener] * weights.sum() / size_mean[listener]
        count = min(int(rng.poisson(expected)), 4 * config.days)
        if count == 0:
            sizes.append(0)
            continue
        day = rng.choice(config.days, count, p=weights / weights.sum())
        hour = rng.normal(rng.choice([7.5, 12.5, 17.5, 21.5], 2, replace=False)[rng.integers(0, 2, count)], 0.8)
        start = np.sort(config.start + day * DAY + (np.clip(hour, 0, 22.9) * 3600).astype(np.int64))
        lengths = np.minimum(1 + rng.poisson(size_mean[listener] - 1, count), 12)
        starts.append(np.repeat(start, lengths))
        first = np.zeros(int(lengths.sum()), dtype=bool)
        first[np.cumsum(lengths) - lengths] = True
        opens.append(first)
        sizes.append(len(first))
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    if not starts:
        return Plan(np.empty(0, dtype=np.int64), np.empty(0, dtype=bool), offsets)
    return Plan(np.concatenate(starts), np.concatenate(opens), offsets)
