"""One thread that runs the model and answers together what waits together.

Lists are a single search and come between two steps of the answers in words, which take long. A batch in words takes
nobody in once it has begun; what arrives meanwhile makes up the next one. Who has gone away is left out of both.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch

from neo.model.answers import StreamEvent
from neo.model.neo_model import NeoModel
from neo.model.prepared import ListRequest, Request, WordsRequest
from neo.serving.logs import log_failure
from neo.serving.problems import GENERIC, Refusal
from neo_sdk.errors import NeoError

Put = Callable[[StreamEvent | Exception], None]


class Place:
    """A place in the queue; given back when the request begins to be answered, or is not to be any more."""

    def __init__(self, batches: Batches) -> None:
        self._batches, self._taken = batches, True

    def leave(self) -> None:
        """A second time does nothing, whichever thread it comes from."""
        with self._batches.changed:
            self._batches.waiting -= self._taken
            self._taken = False


class Job:
    """A prepared request. put: is told every piece of the answer, at the end the Answer or an error, by the thread.

    gone: to be set when nobody waits for it any more.
    """

    def __init__(self, model: NeoModel, request: Request, put: Put, place: Place | None = None) -> None:
        self.model, self.request, self.put, self.place = model, request, put, place
        self.gone = False


class Batches:
    """The thread, and what waits for it. queue: how many requests may wait; most: how many are answered together.

    began: is told of each batch, lists or words, and its size. changed: the lock of all of it.
    """

    def __init__(self, queue: int, most: int, began: Callable[[str, int], object] = lambda kind, size: None) -> None:
        self.queue, self.most, self.began = queue, most, began
        self.waiting = 0
        self._jobs: deque[Job] = deque()
        self._speaking: Iterator[None] | None = None
        self._closed = False
        self.changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def place(self) -> Place:
        """A place in the queue. Refusal where it is full."""
        with self.changed:
            if self.waiting >= self.queue:
                raise Refusal(429, f"{self.queue} requests wait already: try again in a second.", kind="queue_full")
            self.waiting += 1
        return Place(self)

    def submit(self, job: Job) -> None:
        """Refusal where the thread has ended, or is about to."""
        with self.changed:
            if self._closed:
                raise Refusal(503, "The server is going down: try again in a few seconds.", kind="draining")
            self._jobs.append(job)
            self.changed.notify()

    def close(self) -> None:
        """Ends the thread once all that was submitted is answered."""
        with self.changed:
            self._closed = True
            self.changed.notify()
        self._thread.join()

    def _work(self) -> None:
        try:
            while self._turn():
                pass
        finally:
            self._give_up()

    def _turn(self) -> bool:
        """Answers the lists that wait, then goes on in words for as long as that took; False at the end.

        Nothing of it is left when it returns: while nobody asks, no request holds a bundle that was replaced.
        """
        with self.changed:
            while not (self._jobs or self._speaking or self._closed):
                self.changed.wait()
            lists = self._taken(ListRequest)
            words = self._taken(WordsRequest) if self._speaking is None else []
            if not (lists or words or self._speaking or self._jobs):
                return not self._closed
        began = time.perf_counter()
        if lists:
            self._list(lists)
        if words:
            self._speaking = self._speak(words)
        until = 2 * time.perf_counter() - began  # a step says many pieces: lists between all of them would starve it
        while self._speaking is not None:
            if next(self._speaking, self) is self:
                self._speaking = None
            if time.perf_counter() >= until:
                break
        return True

    def _taken(self, kind: type[Request]) -> list[Job]:
        """The first waiting job of a kind, and those behind it that may share its batch. The lock is held."""
        taken: list[Job] = []
        left: deque[Job] = deque()
        for job in self._jobs:
            fits = isinstance(job.request, kind) and len(taken) < self.most
            if job.gone:
                continue
            if fits and (not taken or taken[0].model is job.model):
                taken.append(job)
            else:
                left.append(job)
        self._jobs = left
        for job in taken:
            if job.place is not None:
                job.place.leave()
        return taken

    def _list(self, batch: Sequence[Job]) -> None:
        """Answers lists; where they fail together, each alone, so that one does not take the others down."""
        self.began("lists", len(batch))
        requests = [job.request for job in batch if isinstance(job.request, ListRequest)]
        try:
            answers = batch[0].model.answer_lists(requests)
        except Exception as error:
            problem = _settled(error)
        else:
            for job, answer in zip(batch, answers, strict=True):
                for piece in (*answer.parts, answer):
                    job.put(piece)
            return
        if len(batch) == 1:
            batch[0].put(problem)
        for job in batch if len(batch) > 1 else ():
            self._list([job])

    def _speak(self, batch: Sequence[Job]) -> Iterator[None]:
        """Answers in words, up to the next piece each time; where that fails, each alone that has said nothing yet."""
        self.began("words", len(batch))
        requests = [job.request for job in batch if isinstance(job.request, WordsRequest)]
        began: set[int] = set()
        try:
            for place, piece in batch[0].model.stream_words(requests, lambda place: batch[place].gone):
                began.add(place)
                batch[place].put(piece)
                yield
            return
        except Exception as error:
            problem = _settled(error)
        for place, job in enumerate(batch):
            if place in began or len(batch) == 1:
                job.put(problem)  # who has had the whole answer hears it no more
            elif not job.gone:
                yield from self._speak([job])

    def _give_up(self) -> None:
        """Nobody waits for a thread that has ended."""
        with self.changed:
            self._closed, left = True, list(self._jobs)
            self._jobs.clear()
        for job in left:
            job.put(Refusal(500, GENERIC))


def _settled(error: Exception) -> Exception:
    """An error that a batch ended with, logged, and without the frames, which hold the batch's tensors."""
    if not isinstance(error, NeoError):
        log_failure("a batch failed", error)
    error = error.with_traceback(None)
    error.__context__ = None
    if isinstance(error, torch.OutOfMemoryError) and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return error
