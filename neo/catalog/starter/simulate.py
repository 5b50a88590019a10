"""Runs all listeners through the period in lockstep: step k is everybody's k-th event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neo.catalog.starter.choices import Choices
from neo.catalog.starter.config import DAY, WorldConfig
from neo.catalog.starter.latents import Latents
from neo.catalog.starter.oracle import SPLITS, TYPES, Cases
from neo.catalog.starter.people import People, Plan
from neo.catalog.starter.state import MAX_FOLLOWS, State, draw

FOLLOW, PLAY, FINISH = 0, 1, 2
KINDS = ("follow", "play", "finish")
BOOK_DAYS = 5.0  # soon after one audiobook nobody finishes the next


@dataclass(frozen=True)
class Happened:
    """Events in the order of (listener, time)."""

    listener: np.ndarray
    item: np.ndarray
    time: np.ndarray
    kind: np.ndarray
    cases: Cases


def simulate(config: WorldConfig, items: Latents, people: People, plan: Plan, affinity: np.ndarray) -> Happened:
    """What everybody listens to, and the true distributions behind the choices that open each window."""
    return _Run(config, items, people, plan, affinity).go()


class _Run:
    def __init__(self, config: WorldConfig, items: Latents, people: People, plan: Plan, affinity: np.ndarray) -> None:
        self.config, self.items, self.people, self.plan = config, items, people, plan
        self.rng = np.random.default_rng([config.seed, 15])
        self.state = State(people, items, affinity, self.rng)
        self.choices = Choices(config, items)
        total, n = len(plan.start), config.listeners
        self.item = np.full(total, -1, dtype=np.int32)
        self.time = np.zeros(total, dtype=np.int64)
        self.kind = np.zeros(total, dtype=np.int8)
        self.met = np.zeros((len(SPLITS), len(TYPES), n), dtype=bool)
        self.cases: list[Cases] = []

    def go(self) -> Happened:
        sizes = np.diff(self.plan.offsets)
        by_size = np.argsort(-sizes, kind="stable")
        for k in range(int(sizes.max(initial=0))):
            self._step(by_size[: int((sizes > k).sum())], k)
        happened = self.item >= 0
        listener = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        cases = Cases.join(self.cases) if self.cases else Cases.none()
        cases = cases.take(np.lexsort((cases.type, cases.listener, cases.split)))
        return Happened(listener[happened], self.item[happened], self.time[happened], self.kind[happened], cases)

    def _step(self, u: np.ndarray, k: int) -> None:
        state, event = self.state, self.plan.offsets[u] + k
        time = np.maximum(self.plan.start[event], state.time[u])
        inside = time < self.config.end
        u, event, time = u[inside], event[inside], time[inside]
        if len(u) == 0:
            return
        previous = np.where(state.time[u] > 0, state.time[u], self.config.start)
        state.pass_time(u, np.maximum(time - previous, 0) / DAY, self.plan.opens[event])
        day = (time - self.config.start) // DAY
        kind = self._kinds(u, day, time)
        for code, act in ((FOLLOW, self._follow), (PLAY, self._play), (FINISH, self._finish)):
            mine = kind == code
            if mine.any():
                self.item[event[mine]] = act(u[mine], day[mine], time[mine])
        self.time[event], self.kind[event] = time, kind
        state.time[u] = time + self._lasts(kind, self.item[event])

    def _kinds(self, u: np.ndarray, day: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Follow, play or finish; -1 for a listener with nothing left to do."""
        state, count = self.state, self.state.follows[u]
        follow = np.where(count == 0, 0.95, self.people.follows[u] * (1 + 6.0 / np.maximum(count, 1) ** 1.2))
        follow = np.where(count >= min(MAX_FOLLOWS, self.items.n_shows // 2), 0.0, np.minimum(follow, 0.95))
        rest = np.where(state.book_time[u] > 0, (time - state.book_time[u]) / DAY / BOOK_DAYS, 1.0)
        few = state.finished[u].sum(axis=1) < self.items.n_books // 2
        finish = self.people.books[u] * np.clip(rest, 0.02, 1.0) * few
        play = np.where(self.choices.open_slots(state, u, day).any(axis=1), np.maximum(1 - follow - finish, 0.02), 0.0)
        weights = np.stack((follow, play, finish), axis=1)
        can = weights.sum(axis=1) > 0
        return np.where(can, draw(np.where(can[:, None], weights, 1.0), self.rng), -1)

    def _follow(self, u: np.ndarray, day: np.ndarray, time: np.ndarray) -> np.ndarray:
        weights = self.choices.show(self.state, u, day)
        show = draw(weights, self.rng)
        self._note("show", u, time, show, np.arange(self.items.n_shows), weights)
        self.state.follow(u, show)
        return show

    def _finish(self, u: np.ndarray, day: np.ndarray, time: np.ndarray) -> np.ndarray:
        weights = self.choices.book(self.state, u, day)
        book, first = draw(weights, self.rng), self.items.book_rows.start
        self._note("audiobook", u, time, book + first, np.arange(self.items.n_books) + first, weights)
        self.state.finish(u, book, time)
        return book + first

    def _play(self, u: np.ndarray, day: np.ndarray, time: np.ndarray) -> np.ndarray:
        state = self.state
        slots = self.choices.slot(state, u, day)
        slot = draw(slots, self.rng)
        show = state.slot_show[u, slot].astype(np.int64)
        place = draw(self.choices.episode(state, u, show, day), self.rng)
        episode = self.items.first_episode[show] + place
        for split in range(len(SPLITS)):
            fresh = np.flatnonzero(self._opens(split, "episode", u, time))
            if len(fresh):
                rows, weights = self._all_episodes(u[fresh], day[fresh], slots[fresh])
                self._keep(
                    split,
                    "episode",
                    u[fresh],
                    time[fresh],
                    episode[fresh] + self.items.n_shows,
                    rows,
                    weights,
                )
        state.play(u, slot, episode)
        return episode + self.items.n_shows

    def _all_episodes(self, u: np.ndarray, day: np.ndarray, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Catalog rows and weights [len(u), slots * longest]: P(show) x P(episode | show)."""
        who, slot = np.nonzero(slots)
        show = self.state.slot_show[u[who], slot].astype(np.int64)
        each = self.choices.episode(self.state, u[who], show, day[who]) * slots[who, slot][:, None]
        longest = each.shape[1]
        rows = np.full((len(u), slots.shape[1], longest), -1)
        weights = np.zeros((len(u), slots.shape[1], longest), dtype=np.float32)
        rows[who, slot] = self.items.n_shows + self.items.first_episode[show][:, None] + np.arange(longest)
        weights[who, slot] = each
        return rows.reshape(len(u), -1), weights.reshape(len(u), -1)

    def _note(
        self,
        name: str,
        u: np.ndarray,
        time: np.ndarray,
        target: np.ndarray,
        rows: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        for split in range(len(SPLITS)):
            fresh = self._opens(split, name, u, time)
            if fresh.any():
                self._keep(split, name, u[fresh], time[fresh], target[fresh], rows, weights[fresh])

    def _opens(self, split: int, name: str, u: np.ndarray, time: np.ndarray) -> np.ndarray:
        """bool[len(u)]: the first choice of this type within this window."""
        cut = self.config.cuts[SPLITS[split]]
        inside = (time >= cut) & (time < cut + self.config.horizon_days * DAY)
        fresh = inside & ~self.met[split, TYPES.index(name), u]
        self.met[split, TYPES.index(name), u[inside]] = True
        return fresh

    def _keep(
        self,
        split: int,
        name: str,
        u: np.ndarray,
        time: np.ndarray,
        target: np.ndarray,
        rows: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self.cases.append(Cases.of(split, name, u, np.full(len(u), -1), time, target, rows, weights))

    def _lasts(self, kind: np.ndarray, item: np.ndarray) -> np.ndarray:
        """int64[n]: seconds until the listener is free again."""
        share = self.rng.uniform(0.35, 1.0, len(kind))
        heard = self.items.duration[np.maximum(item, 0)] * share
        return np.where(kind == PLAY, heard, 20 + 100 * share).astype(np.int64)
