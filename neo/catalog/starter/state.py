"""Where every listener stands at a moment: interests, followed shows, habits, what was heard."""

from __future__ import annotations

import numpy as np

from neo.catalog.starter.latents import Latents
from neo.catalog.starter.people import People

MAX_FOLLOWS = 48
HABIT_DAYS = 12.0  # a habit that is not fed falls to 1/e in this time
FOCUS_DAYS = 25.0  # how long a current interest lasts, on average
RECENT_SHARE = 0.25  # weight of the newest item in the trace of what was lately heard


class State:
    """Arrays over listeners (u), some also over follow slots (f): slot f holds the f-th show followed."""

    def __init__(self, people: People, items: Latents, affinity: np.ndarray, rng: np.random.Generator) -> None:
        n = len(people.taste)
        self.items, self.affinity, self.people, self.rng = items, affinity, people, rng
        self.taste = people.taste @ affinity
        self.focus = self._draw_focus(np.arange(n))
        self.recent = np.zeros_like(self.taste)
        self.slot_show = np.zeros((n, MAX_FOLLOWS), dtype=np.int16)
        self.habit = np.zeros((n, MAX_FOLLOWS), dtype=np.float32)
        self.heard_count = np.zeros((n, MAX_FOLLOWS), dtype=np.int16)
        self.follows = np.zeros(n, dtype=np.int64)
        self.followed = np.zeros((n, items.n_shows), dtype=bool)
        self.heard = np.zeros((n, items.n_episodes), dtype=bool)
        self.finished = np.zeros((n, items.n_books), dtype=bool)
        self.hosts = np.zeros((n, int(items.creator[: items.n_shows].max()) + 1), dtype=bool)
        self.authors = np.zeros((n, int(items.creator[items.book_rows].max()) + 1), dtype=bool)
        self.last_show = np.full(n, -1)  # the show followed last
        self.last_slot = np.full(n, -1)  # the slot played last in this session
        self.last_book = np.full(n, -1)
        self.time = np.zeros(n, dtype=np.int64)  # when the last event ended
        self.book_time = np.zeros(n, dtype=np.int64)

    def interest(self, u: np.ndarray) -> np.ndarray:
        """float32[len(u), subtopics]: what the listeners are drawn to now."""
        return 0.40 * self.taste[u] + 0.35 * self.affinity[self.focus[u]] + 0.25 * self.recent[u]

    def pass_time(self, u: np.ndarray, days: np.ndarray, opens: np.ndarray) -> None:
        """Habits fade by `days`; where a session opens, the current interest may move on."""
        self.habit[u] *= np.exp(-days / HABIT_DAYS)[:, None].astype(np.float32)
        self.last_slot[u[opens]] = -1
        moves = u[opens & (self.rng.random(len(u)) < 1 - np.exp(-days / FOCUS_DAYS))]
        self.focus[moves] = self._draw_focus(moves)

    def follow(self, u: np.ndarray, show: np.ndarray) -> None:
        slot = self.follows[u]
        self.slot_show[u, slot] = show
        self.habit[u, slot] = 1.5
        self.followed[u, show] = True
        self.hosts[u, self.items.creator[show]] = True
        self.follows[u] += 1
        self.last_show[u] = show
        self._trace(u, show)

    def play(self, u: np.ndarray, slot: np.ndarray, episode: np.ndarray) -> None:
        """`episode` counts from the first episode."""
        self.habit[u, slot] += 1.0
        self.heard_count[u, slot] += 1
        self.heard[u, episode] = True
        self.last_slot[u] = slot
        self._trace(u, episode + self.items.n_shows)

    def finish(self, u: np.ndarray, book: np.ndarray, time: np.ndarray) -> None:
        """`book` counts from the first audiobook."""
        row = book + self.items.book_rows.start
        self.finished[u, book] = True
        self.authors[u, self.items.creator[row]] = True
        self.last_book[u] = book
        self.book_time[u] = time
        self._trace(u, row)

    def _trace(self, u: np.ndarray, row: np.ndarray) -> None:
        weight = self.items.weight1[row][:, None]
        seen = weight * self.affinity[self.items.sub1[row]] + (1 - weight) * self.affinity[self.items.sub2[row]]
        self.recent[u] = (1 - RECENT_SHARE) * self.recent[u] + RECENT_SHARE * seen

    def _draw_focus(self, u: np.ndarray) -> np.ndarray:
        """A subtopic of the listener's taste, or, one time in eight, one that lies near it."""
        taste = self.people.taste[u]
        near = self.taste[u] * (taste == 0)
        near /= np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
        weights = np.where(self.rng.random((len(u), 1)) < 0.125, near, taste)
        return draw(weights, self.rng)


def draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int64[n]: one column a row, in proportion to non-negative weights with a positive sum."""
    edges = weights.cumsum(axis=1, dtype=np.float64)
    chosen = (edges <= rng.random((len(weights), 1)) * edges[:, -1:]).sum(axis=1)
    last = weights.shape[1] - 1 - np.argmax(weights[:, ::-1] > 0, axis=1)  # rounding must not fall on a weight of 0
    return np.minimum(chosen, last)
