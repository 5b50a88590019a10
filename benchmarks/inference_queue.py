"""Dynamic batching in its smallest form: one thread that answers together what waits together."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Generic, Self, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class BatchingQueue(Generic[Q, A]):
    """A system (see inference_load.py) around a function that answers a batch. Leaving the context ends its thread.

    answer: yields (place in the batch, answer), each as soon as it is there; most: requests of a batch; wait: seconds
    that the first one waits for company. What arrives while a batch is answered waits anyway, and makes up the next
    one. sizes: how large the batches were.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Iterable[tuple[int, A]]], most: int, wait: float) -> None:
        self.answer, self.most, self.wait = answer, most, wait
        self.sizes: list[int] = []
        self._asked: queue.SimpleQueue[tuple[Q, Future[A]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="batches", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._asked.put(None)
        if kind is None:  # an error, or somebody at the keyboard, need not wait for a batch
            self._thread.join()

    def submit(self, request: Q) -> Future[A]:
        reply: Future[A] = Future()
        self._asked.put((request, reply))
        return reply

    def _work(self) -> None:
        while (first := self._asked.get()) is not None:
            batch = [(request, reply) for request, reply in self._with_company(first) if _starts(reply)]
            if not batch:
                continue
            self.sizes.append(len(batch))
            problem: BaseException = RuntimeError("a batch ended without an answer to this request")
            try:
                for place, answer in self.answer([request for request, _ in batch]):
                    batch[place][1].set_result(answer)
            except BaseException as error:
                problem = error
            for _, reply in batch:
                if not reply.done():
                    reply.set_exception(problem)

    def _with_company(self, first: tuple[Q, Future[A]]) -> list[tuple[Q, Future[A]]]:
        batch, until = [first], time.monotonic() + self.wait
        while len(batch) < self.most:
            try:
                following = self._asked.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if following is None:
                self._asked.put(None)  # the end, once this batch is answered
                break
            batch.append(following)
        return batch


def _starts(reply: Future[A]) -> bool:
    """False where nobody waits for it any more."""
    return reply.set_running_or_notify_cancel()
