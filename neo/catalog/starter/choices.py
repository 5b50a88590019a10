"""The true choice probabilities: the next show followed, episode played, audiobook finished."""

from __future__ import annotations

import numpy as np

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.latents import NEWS, SERIAL, Latents
from neo.catalog.starter.state import State

FLOOR = 0.012  # added to a match before the logarithm: even what does not match is chosen now and then
FORBIDDEN = np.float32(-1e9)

# Weights of the utilities, set so that taste decides, popularity helps, and an oracle ranks about half of all
# choices into its first ten.
SHOW_MATCH, SHOW_TONE, SHOW_APPEAL, SHOW_NEAR, SHOW_HOST, FOREIGN, ABROAD = (
    1.4,
    0.75,
    1.1,
    1.1,
    1.4,
    4.0,
    0.35,
)
BOOK_MATCH, BOOK_TONE, BOOK_APPEAL, BOOK_AUTHOR, BOOK_NEXT, BOOK_EARLY = 1.35, 0.7, 0.95, 1.6, 3.0, 2.5
HABIT, PLAY_MATCH, PLAY_FRESH, PLAY_BINGE, PLAY_TONE = 0.65, 0.5, 1.0, 0.8, 0.2
SERIAL_NEXT = 0.72


class Choices:
    """Tables that don't change, and the three distributions. All rows of a result sum to 1."""

    def __init__(self, config: WorldConfig, items: Latents) -> None:
        self.items, self.start = items, config.start
        shows, episodes, books = slice(0, items.n_shows), items.episode_rows, items.book_rows
        rng = np.random.default_rng([config.seed, 14])
        self.show_appeal = _buzz(rng, config.days, items.appeal[shows], items.day[shows])
        self.book_appeal = _buzz(rng, config.days, items.appeal[books], items.day[books])
        days = np.arange(config.days)[:, None]
        self.released = _released(items, config.days)
        newest = np.maximum(items.first_episode[:-1] + self.released - 1, 0)
        age = np.where(self.released > 0, days - items.day[episodes][newest], 999)
        newsy = np.where(items.style == NEWS, 1.6, np.where(items.style == SERIAL, 0.8, 1.0))
        self.freshness = (PLAY_FRESH * newsy * np.exp(-age / 3.0)).astype(np.float32)
        self.newest = newest
        self.longest = int(np.diff(items.first_episode).max())

    def show(self, state: State, u: np.ndarray, day: np.ndarray) -> np.ndarray:
        """float32[len(u), shows]: the next show to follow."""
        items, n = self.items, self.items.n_shows
        interest = state.interest(u)
        tone = state.people.tone[u][:, items.tone[:n]]
        appeal = self.show_appeal[day]
        last = state.last_show[u]
        near = state.affinity[items.sub1[last]][:, items.sub1[:n]] + 0.3 * (items.tone[last][:, None] == items.tone[:n])
        near = np.where(last[:, None] >= 0, near, 0.0)
        utility = (
            SHOW_MATCH * np.log(FLOOR + self._match(interest, slice(0, n))) + SHOW_TONE * tone + SHOW_APPEAL * appeal
        )
        utility += (
            SHOW_NEAR * near + SHOW_HOST * state.hosts[u][:, items.creator[:n]] - self._strange(state, u, slice(0, n))
        )
        closed = state.followed[u] | (self.released[day] == 0)
        return self._explored(state, u, utility, appeal, tone, closed, slice(0, n))

    def book(self, state: State, u: np.ndarray, day: np.ndarray) -> np.ndarray:
        """float32[len(u), audiobooks]: the next audiobook to finish."""
        items, books = self.items, self.items.book_rows
        interest = state.interest(u)
        tone = state.people.tone[u][:, items.tone[books]]
        appeal = self.book_appeal[day]
        author = items.creator[books]
        known = state.authors[u][:, author]
        last = state.last_book[u]
        just = (last[:, None] >= 0) & (author[last][:, None] == author)
        before = state.finished[u][:, items.previous]
        utility = BOOK_MATCH * np.log(FLOOR + self._match(interest, books)) + BOOK_TONE * tone + BOOK_APPEAL * appeal
        utility += BOOK_AUTHOR * (known + 0.7 * just) - self._strange(state, u, books)
        later = items.previous >= 0
        utility += np.where(later, np.where(before, BOOK_NEXT, -BOOK_EARLY), 0.0)
        closed = state.finished[u] | (items.day[books] > day[:, None])
        return self._explored(state, u, utility, appeal, tone, closed, books)

    def open_slots(self, state: State, u: np.ndarray, day: np.ndarray) -> np.ndarray:
        """bool[len(u), slots]: followed shows with an episode that is out and unheard."""
        used = np.arange(state.slot_show.shape[1]) < state.follows[u][:, None]
        return used & (self.released[day[:, None], state.slot_show[u]] > state.heard_count[u])

    def slot(self, state: State, u: np.ndarray, day: np.ndarray) -> np.ndarray:
        """float32[len(u), slots]: the followed show that is played next. Each listener needs an open slot."""
        items, show = self.items, state.slot_show[u].astype(np.int64)
        interest = state.interest(u)
        rows = np.arange(len(u))[:, None]
        weight = items.weight1[show]
        match = weight * interest[rows, items.sub1[show]] + (1 - weight) * interest[rows, items.sub2[show]]
        utility = HABIT * np.log(0.2 + state.habit[u]) + PLAY_MATCH * np.log(0.05 + match)
        fresh = ~state.heard[u[:, None], self.newest[day[:, None], show]]
        utility += (
            self.freshness[day[:, None], show] * fresh + PLAY_TONE * state.people.tone[u[:, None], items.tone[show]]
        )
        again = np.arange(show.shape[1]) == state.last_slot[u][:, None]
        utility += PLAY_BINGE * np.where(items.style[show] == SERIAL, 1.3, 0.4) * again
        return _softmax(np.where(self.open_slots(state, u, day), utility, FORBIDDEN))

    def episode(self, state: State, u: np.ndarray, show: np.ndarray, day: np.ndarray) -> np.ndarray:
        """float32[len(u), longest show]: the next episode of a show, counted from the show's first."""
        items, place = self.items, np.arange(self.longest)
        first, released = items.first_episode[show], self.released[day, show]
        episode = np.minimum(first[:, None] + place, items.n_episodes - 1)
        heard = state.heard[u[:, None], episode] & (place < released[:, None])
        open_ = (place < released[:, None]) & ~heard
        newness = released[:, None] - 1 - place
        row = episode + items.n_shows
        interest, rows = state.interest(u), np.arange(len(u))[:, None]
        match = np.log(0.05 + interest[rows, np.where(items.second[row], items.sub2[row], items.sub1[row])])
        style = items.style[show][:, None]
        recency = np.where(style == NEWS, 1.3, 0.5) * np.log1p(np.maximum(newness, 0))
        free = _softmax(np.where(open_, 0.8 * match + 0.7 * items.appeal[row] - recency, FORBIDDEN))
        furthest = np.where(heard.any(axis=1), self.longest - 1 - np.argmax(heard[:, ::-1], axis=1), -1)
        ahead = open_ & (place > furthest[:, None])
        following = np.where(ahead.any(axis=1), np.argmax(ahead, axis=1), np.argmax(open_, axis=1))
        near = _softmax(np.where(open_, -np.abs(place - following[:, None]) / 3.0, FORBIDDEN))
        ordered = (1 - SERIAL_NEXT) * near + SERIAL_NEXT * (place == following[:, None])
        return np.where(style == SERIAL, ordered, free).astype(np.float32)

    def _match(self, interest: np.ndarray, rows: slice) -> np.ndarray:
        weight = self.items.weight1[rows]
        return weight * interest[:, self.items.sub1[rows]] + (1 - weight) * interest[:, self.items.sub2[rows]]

    def _strange(self, state: State, u: np.ndarray, rows: slice) -> np.ndarray:
        """What it costs an item to be in a language that is not the listener's, or from another country."""
        language, country = self.items.language[rows], self.items.country[rows]
        mine = (language == state.people.language[u][:, None]) | (language == 0)
        return FOREIGN * ~mine + ABROAD * (country != state.people.country[u][:, None])

    def _explored(
        self,
        state: State,
        u: np.ndarray,
        utility: np.ndarray,
        appeal: np.ndarray,
        tone: np.ndarray,
        closed: np.ndarray,
        rows: slice,
    ) -> np.ndarray:
        """The choice by taste, mixed with a choice by popularity and tone alone."""
        wide = SHOW_APPEAL * 1.3 * appeal + 0.5 * tone - self._strange(state, u, rows)
        explore = state.people.explore[u][:, None]
        return (1 - explore) * _softmax(np.where(closed, FORBIDDEN, utility)) + explore * _softmax(
            np.where(closed, FORBIDDEN, wide)
        )


def _softmax(utility: np.ndarray) -> np.ndarray:
    """float32, rows sum to 1; forbidden entries get exactly 0."""
    weights = np.exp((utility - utility.max(axis=1, keepdims=True)).astype(np.float32))
    weights[utility <= FORBIDDEN / 2] = 0
    return weights / weights.sum(axis=1, keepdims=True)


def _buzz(rng: np.random.Generator, days: int, appeal: np.ndarray, first_day: np.ndarray) -> np.ndarray:
    """float32[days, n]: appeal as it moves: the new is talked about, and now and then something old."""
    day = np.arange(days)[:, None]
    age = day - first_day
    launch = np.where(age >= 0, 1.2 * np.exp(-np.maximum(age, 0) / 20.0), 0.0)
    peak = rng.uniform(0, days, len(appeal))
    trend = np.where(rng.random(len(appeal)) < 0.12, 1.6, 0.0) * np.exp(-(((day - peak) / 7.0) ** 2))
    return (appeal + launch + trend).astype(np.float32)


def _released(items: Latents, days: int) -> np.ndarray:
    """int16[days, shows]: how many episodes of each show are out on a day."""
    day_of = items.day[items.episode_rows]
    counts = np.zeros((days, items.n_shows), dtype=np.int16)
    for show in range(items.n_shows):
        own = day_of[items.first_episode[show] : items.first_episode[show + 1]]
        counts[:, show] = np.searchsorted(own, np.arange(days), side="right")
    return counts
