"""The inference benchmark: its load and its bisection by a clock that stands still, its queue, its answers."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support import benchmarks

if TYPE_CHECKING:
    from neo.model.bundle import Bundle

SERVICE = 0.01  # seconds of a request: a hundred a second


@pytest.fixture(scope="module")
def load() -> ModuleType:
    with benchmarks():
        return import_module("inference_load")


@pytest.fixture(scope="module")
def queues() -> ModuleType:
    with benchmarks():
        return import_module("inference_queue")


class FakeClock:
    """Time passes only where somebody waits; what is due happens on the way."""

    def __init__(self) -> None:
        self.time = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def now(self) -> float:
        return self.time

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (self.time + seconds, self._count, action))

    def sleep_until(self, moment: float) -> None:
        while self._due and self._due[0][0] <= moment:
            self._next()
        self.time = max(self.time, moment)

    def wait(self, came: threading.Event) -> None:
        while not came.is_set():
            self._next()

    def _next(self) -> None:
        self.time, _, action = heapq.heappop(self._due)
        action()


class FakeSystem:
    """Answers one request at a time, each in the same time, with itself."""

    def __init__(self, clock: FakeClock, service: float = SERVICE) -> None:
        self.clock, self.service = clock, service
        self.waiting: deque[tuple[int, Future[int]]] = deque()
        self.answered, self.busy = 0, False

    def submit(self, request: int) -> Future[int]:
        reply: Future[int] = Future()
        self.waiting.append((request, reply))
        self._start()
        return reply

    def _start(self) -> None:
        while not self.busy and self.waiting:
            request, reply = self.waiting.popleft()
            if reply.set_running_or_notify_cancel():
                self.busy = True
                self.clock.after(self.service, partial(self._end, request, reply))

    def _end(self, request: int, reply: Future[int]) -> None:
        self.busy, self.answered = False, self.answered + 1
        reply.set_result(request)
        self._start()


def test_a_percentile_is_a_measured_value_that_so_many_do_not_exceed(load: ModuleType) -> None:
    values = np.random.default_rng(0).permutation(200).tolist()
    assert [load.percentile(values, percent) for percent in (50, 90, 99, 100)] == [99, 179, 197, 199]
    assert load.percentile([3.0], 50) == load.percentile([3.0], 99) == 3.0
    for count in range(1, 300):
        late = sum(value > load.percentile(range(count), 99) for value in range(count))
        assert late == count // 100


def test_arrivals_are_the_same_for_a_seed_and_stretched_by_the_rate(load: ModuleType) -> None:
    arrivals = load.poisson(50.0, 20_000, [1, 2])
    assert np.array_equal(arrivals, load.poisson(50.0, 20_000, [1, 2]))
    assert not np.array_equal(arrivals, load.poisson(50.0, 20_000, [1, 3]))
    assert np.allclose(arrivals / 2, load.poisson(100.0, 20_000, [1, 2]))
    gaps = np.diff(arrivals)
    assert gaps.min() > 0
    assert gaps.mean() == pytest.approx(1 / 50, rel=0.03)
    assert gaps.std() == pytest.approx(1 / 50, rel=0.03)  # of an exponential its mean


def test_queries_in_turn_take_what_their_last_request_takes(load: ModuleType) -> None:
    clock = FakeClock()
    run = load.in_turn(FakeSystem(clock), [[1, 2, 3], [4], [5, 6]], clock)
    assert run.answers == (1, 2, 3, 4, 5, 6)
    assert run.latencies == pytest.approx((0.03, 0.01, 0.02))
    assert run.seconds == pytest.approx(0.06)
    assert run.per_second == pytest.approx(100)


def test_a_latency_counts_from_the_arrival(load: ModuleType) -> None:
    clock = FakeClock()
    arrivals = np.array([0.5, 0.502, 0.9])
    run = load.as_they_come(FakeSystem(clock), [7, 8, 9], arrivals, clock, bound=1.0)
    assert run.answers == (7, 8, 9)
    assert run.latencies == pytest.approx((0.01, 0.018, 0.01))


def test_a_hopeless_load_is_stopped_and_what_waits_is_cancelled(load: ModuleType) -> None:
    clock = FakeClock()
    system = FakeSystem(clock)
    arrivals = load.poisson(1000.0, 1000, [0])
    assert load.as_they_come(system, range(1000), arrivals, clock, bound=0.1) is None
    assert 10 < system.answered < 50
    assert load.in_turn(system, [[1]], clock).latencies == pytest.approx((SERVICE,))


@pytest.mark.parametrize("capacity", [3.0, 20.0, 61.8, 99.0])
def test_bisection_ends_just_below_what_holds(capacity: float, load: ModuleType) -> None:
    tried: list[float] = []

    def holds(rate: float) -> bool:
        tried.append(rate)
        return rate <= capacity

    found = load.highest(holds, 100.0, 0.05)
    if capacity < 100 / load.LOWEST:
        assert found == 0 and len(tried) <= 6
    else:
        assert capacity * 0.94 <= found <= capacity and len(tried) <= 11
    assert load.highest(lambda rate: True, 100.0, 0.05) == 100.0


def test_the_rate_of_a_server_is_that_of_the_queue_it_is(load: ModuleType) -> None:
    """A hundred a second at most; with Poisson arrivals the wait of M/D/1 passes 0.1 s for one in a hundred at about
    80%, and 0.03 s at about 40%."""

    def serve(bound: float, seed: int) -> tuple[float, tuple[float, ...]]:
        clock = FakeClock()
        tail = load.Tail(bound, seconds=12, final=24, within=0.1)
        served = load.serve(FakeSystem(clock), range(1000), 100.0, tail, seed, clock)
        assert [served.run.answers[n] for n in range(9)] == list(served.places[:9])
        assert load.percentile(served.run.latencies, 99) == served.trials[-1].p99 <= bound
        assert served.rate == served.trials[-1].rate
        return served.rate, served.run.latencies

    loose, strict = serve(0.1, 0), serve(0.03, 0)
    assert 65 < loose[0] < 92
    assert 25 < strict[0] < 55
    assert serve(0.1, 0) == loose
    assert serve(0.1, 1)[1] != loose[1]


def test_where_no_request_is_in_time_no_rate_holds(load: ModuleType) -> None:
    clock = FakeClock()
    tail = load.Tail(SERVICE / 2, seconds=10, final=10, within=0.05)
    served = load.serve(FakeSystem(clock), range(10), 100.0, tail, 0, clock)
    assert (served.rate, served.run, served.places) == (0.0, None, ())
    assert all(trial.p99 is None for trial in served.trials)


def test_what_waits_is_answered_together(queues: ModuleType) -> None:
    busy, go = threading.Event(), threading.Event()

    def answer(batch: Sequence[int]) -> Iterator[tuple[int, int]]:
        busy.set()
        go.wait(5)
        return enumerate(request * 10 for request in batch)

    with queues.BatchingQueue(answer, most=4, wait=0.0) as system:
        first = system.submit(0)
        assert busy.wait(5)
        others = [system.submit(request) for request in range(1, 8)]
        assert others[1].cancel()
        go.set()
        assert first.result(5) == 0
        assert [reply.result(5) for place, reply in enumerate(others, 1) if place != 2] == [10, 30, 40, 50, 60, 70]
    assert system.sizes == [1, 3, 3]


def test_a_request_waits_for_company(queues: ModuleType) -> None:
    with queues.BatchingQueue(enumerate, most=3, wait=30.0) as system:
        assert [reply.result(5) for reply in [system.submit(request) for request in range(3)]] == [0, 1, 2]
    assert system.sizes == [3]


def test_an_answer_is_there_before_its_batch_ends(queues: ModuleType) -> None:
    go = threading.Event()

    def answer(batch: Sequence[int]) -> Iterator[tuple[int, int]]:
        yield 1, batch[1]
        go.wait(5)
        yield 0, batch[0]

    with queues.BatchingQueue(answer, most=2, wait=30.0) as system:
        slow, fast = system.submit(3), system.submit(4)
        assert fast.result(5) == 4 and not slow.done()
        go.set()
        assert slow.result(5) == 3


def test_an_error_reaches_those_who_asked(queues: ModuleType) -> None:
    def answer(batch: Sequence[int]) -> Iterator[tuple[int, float]]:
        return ((place, 1 / request) for place, request in enumerate(batch) if request != 1)

    with queues.BatchingQueue(answer, most=1, wait=0.0) as system:
        broken, forgotten, whole = (system.submit(request) for request in range(3))
        with pytest.raises(ZeroDivisionError):
            broken.result(5)
        with pytest.raises(RuntimeError, match="without an answer"):
            forgotten.result(5)
        assert whole.result(5) == 0.5


def test_a_batch_is_answered_as_the_model_answers_alone(tiny_bundle: Bundle) -> None:
    from neo.model.neo_model import NeoModel

    with benchmarks():
        answers, quality = import_module("inference_answers"), import_module("inference_quality")
    model = NeoModel(tiny_bundle)
    cases = quality.sample_cases(tiny_bundle, 6, seed=0)
    assert cases == quality.sample_cases(tiny_bundle, 6, seed=0)
    for together, output, k in ((answers.answer_lists, "items", 10), (answers.answer_mixed, "mixed", 2)):
        requests = [answers.Request(case.listener, case.history, case.type, output, k) for case in cases]
        alone = [answers.answer_alone(model, request) for request in requests]
        answered = dict(together(model, requests, 30))
        for place, (one, case) in enumerate(zip(alone, cases, strict=True)):
            other = answered.pop(place)
            assert quality.same(one, other)
            assert len(quality.items(one)) > 0 and not set(quality.items(one)) & set(case.history)
            assert one.usage == other.usage
        assert not answered


def test_quality_counts_the_place_of_the_target(tiny_bundle: Bundle) -> None:
    from neo_sdk.types import Answer, ItemPart, Usage

    with benchmarks():
        quality = import_module("inference_quality")
    items = [ItemPart(item=tiny_bundle.catalog.item(row), score=-1.0) for row in range(3)]
    answer = Answer(
        parts=tuple(items), finish_reason="stop", usage=Usage(prompt_tokens=1, answer_tokens=1), warnings=()
    )
    first, third, never = (quality.Case("l1", (), "show", f"s-{place}") for place in (0, 2, 9))
    found = quality.Quality.of([answer, answer, answer], [first, third, never])
    assert (found.hit_rate, found.ndcg) == pytest.approx((2 / 3, (1 + 0.5) / 3))
    half = quality.Quality(found.hit_rate, found.ndcg / 2)
    assert found.reaches(found, 0.99) and not half.reaches(found, 0.99) and half.reaches(found, 0.5)
    assert half.shares(found) == pytest.approx((1.0, 0.5))
    assert found.shares(quality.Quality(0.0, 0.0)) == (None, None)


def test_a_scenario_below_the_reference_does_not_count(tiny_bundle: Bundle) -> None:
    from neo_sdk.types import Answer, ItemPart, Usage

    with benchmarks():
        inference, load, quality = map(import_module, ("inference", "inference_load", "inference_quality"))
        report = import_module("inference_report")
    named = [ItemPart(item=tiny_bundle.catalog.item(row), score=-1.0) for row in range(4)]
    answers = [
        Answer(parts=(part,), finish_reason="stop", usage=Usage(prompt_tokens=1, answer_tokens=1), warnings=())
        for part in named
    ]
    cases = [quality.Case("l1", (), "show", f"s-{place}") for place in range(4)]
    judge = inference.Judge(cases, answers, enough=0.9)
    places = [3, 0, 1]
    right = load.Run((0.1, 0.2, 0.3), tuple(answers[place] for place in places), 0.6)
    row = judge.row("in turn", right, places, [2, 1])
    assert (row.invalid, row.same, row.batch, row.quality.hit_rate) == ("", 3, 1.5, 1.0)
    kept = ["100.0%", "100.0%", "100.0%", "yes"]
    assert report.cells(asdict(row)) == ["in turn", "3", "1.5", "200", "300", "300", "5.0", *kept]
    wrong = load.Run((0.1, 0.2, 0.3), (answers[3], answers[0], answers[2]), 0.6)
    assert judge.row("in turn", wrong, places, []).invalid == "below 90% of the reference"
    hopeless = inference.Judge(cases, answers[::-1], enough=0.9)
    assert hopeless.row("in turn", wrong, places, []).invalid == "the reference hits no target"
