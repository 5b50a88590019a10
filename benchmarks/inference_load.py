"""Load on anything that answers requests, after MLPerf's load generator: in turn, or as they come.

Nothing here knows what is asked or who answers, and time comes from a clock that a test can replace.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

Q = TypeVar("Q")
A = TypeVar("A")
Asked = TypeVar("Asked", contravariant=True)
LOWEST = 16  # a search ends at this part of the rate where it began
FINAL_TRIES = 10  # how often its result is lowered by a tenth where it does not hold again


class System(Protocol[Asked, A]):
    """What is measured. A request that is cancelled before its turn need not be answered."""

    def submit(self, request: Asked) -> Future[A]: ...


class Clock(Protocol):
    """Seconds from any beginning."""

    def now(self) -> float: ...

    def sleep_until(self, moment: float) -> None: ...

    def wait(self, came: threading.Event) -> None: ...


class WallClock:
    """The time that passes for everybody."""

    def now(self) -> float:
        return time.perf_counter()

    def sleep_until(self, moment: float) -> None:
        time.sleep(max(0.0, moment - self.now()))

    def wait(self, came: threading.Event) -> None:
        came.wait()


@dataclass(frozen=True)
class Run(Generic[A]):
    """What a system did under a load. latencies: seconds, one a query; answers: one a request, as they were asked.

    seconds: from the first query to the last answer.
    """

    latencies: tuple[float, ...]
    answers: tuple[A, ...]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed: one that was measured, never one in between."""
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]


def poisson(rate: float, count: int, seed: Sequence[int]) -> np.ndarray:
    """float64 [count]: when requests arrive, in seconds. A seed has one pattern, which a rate stretches."""
    moments: np.ndarray = np.random.default_rng(seed).exponential(size=count).cumsum() / rate
    return moments


class _Sent(Generic[A]):
    """A request on its way since `due`, and when its answer came."""

    def __init__(self, reply: Future[A], due: float, clock: Clock) -> None:
        self.reply, self.due, self.clock = reply, due, clock
        self.ended, self.came = math.inf, threading.Event()
        reply.add_done_callback(self._note)

    def _note(self, _: Future[A]) -> None:
        self.ended = self.clock.now()
        self.came.set()

    @property
    def took(self) -> float:
        """Seconds until its answer, until now where there is none yet."""
        return min(self.ended, self.clock.now()) - self.due

    def answer(self) -> A:
        self.clock.wait(self.came)  # not for the reply itself, which is there before the clock was read
        return self.reply.result()


def in_turn(system: System[Q, A], queries: Sequence[Sequence[Q]], clock: Clock) -> Run[A]:
    """One query after the other, the next one when all requests of the last one are answered.

    Queries of one request are MLPerf's single stream, of several its multi-stream, a single one of all its offline.
    """
    started, latencies, answers = clock.now(), [], []
    for query in queries:
        asked = clock.now()
        sent = [_Sent(system.submit(request), asked, clock) for request in query]
        answers += [one.answer() for one in sent]
        latencies.append(max(one.took for one in sent))
    return Run(tuple(latencies), tuple(answers), clock.now() - started)


def as_they_come(
    system: System[Q, A], requests: Sequence[Q], arrivals: np.ndarray, clock: Clock, bound: float
) -> Run[A] | None:
    """Requests at their moments, whether or not the last ones are answered; None where more than 1% are late.

    Then it stops early and cancels what is left. A latency counts from the moment of arrival, not from when this
    thread came to it: a load that waits for its system would hide the very delays that are asked for.
    """
    started, late = clock.now(), 0
    sent: list[_Sent[A]] = []
    waiting: list[_Sent[A]] = []
    for request, arrival in zip(requests, arrivals.tolist(), strict=True):
        clock.sleep_until(started + arrival)
        late += sum(one.took > bound for one in waiting if one.came.is_set())
        waiting = [one for one in waiting if not one.came.is_set()]
        if late + sum(one.took > bound for one in waiting) > len(requests) // 100:
            for one in waiting:
                one.reply.cancel()
            for one in waiting:
                clock.wait(one.came)
            return None
        waiting.append(_Sent(system.submit(request), started + arrival, clock))
        sent.append(waiting[-1])
    answers = tuple(one.answer() for one in sent)
    run = Run(tuple(one.took for one in sent), answers, clock.now() - started)
    return run if percentile(run.latencies, 99) <= bound else None


def highest(holds: Callable[[float], bool], top: float, within: float) -> float:
    """The highest rate up to `top` that holds, to the share `within`, by bisection; 0 where not even a 16th does."""
    if holds(top):
        return top
    low, high = 0.0, top
    while high - low > within * high and high > top / LOWEST:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


@dataclass(frozen=True)
class Tail:
    """What a server must hold, and how it is looked for. bound: seconds, of the 99th percentile.

    seconds, final: how long requests arrive in a trial, and in the last one; within: how exactly the rate is found.
    """

    bound: float
    seconds: float
    final: float
    within: float


@dataclass(frozen=True)
class Trial:
    """A rate of arrivals that was tried. p99: seconds, None where it did not hold."""

    rate: float
    requests: int
    p99: float | None


@dataclass(frozen=True)
class Served(Generic[A]):
    """The highest rate that held, and its run. places: which requests these were; no run: none did."""

    rate: float
    places: tuple[int, ...]
    run: Run[A] | None
    trials: tuple[Trial, ...]


def serve(system: System[Q, A], pool: Sequence[Q], top: float, tail: Tail, seed: int, clock: Clock) -> Served[A]:
    """MLPerf's server: Poisson arrivals of requests drawn from a pool, at the highest rate whose tail holds.

    The rate is found with one pattern of arrivals and must then hold with another, longer one, which is what is
    reported: a bisection over short runs keeps the luckiest. Where it does not, it is lowered until it does.
    """
    trials: list[Trial] = []

    def attempt(rate: float, seconds: float, final: int) -> tuple[np.ndarray, Run[A] | None]:
        count = max(1, round(rate * seconds))
        places = np.random.default_rng([seed, final, 1]).integers(len(pool), size=count)
        arrivals = poisson(rate, count, [seed, final, 2])
        run = as_they_come(system, [pool[place] for place in places], arrivals, clock, tail.bound)
        trials.append(Trial(rate, count, None if run is None else percentile(run.latencies, 99)))
        return places, run

    rate = highest(lambda rate: attempt(rate, tail.seconds, 0)[1] is not None, top, tail.within)
    for _ in range(FINAL_TRIES if rate else 0):
        places, run = attempt(rate, tail.final, 1)
        if run is not None:
            return Served(rate, tuple(places.tolist()), run, tuple(trials))
        rate *= 0.9
    return Served(0.0, (), None, tuple(trials))
