"""One thread that runs the model and answers together what waits together.

Lists are a single search and come between two steps of the answers in words, which take long. Words that arrive
meanwhile join those that are being said, as soon as a quarter of the places is free: each time the others' keys and
values are copied. Who has gone away is left out of both.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import torch

from neo.model.neo_model import NeoModel
from neo.model.prepared import BegunWords, ListRequest, Request, WordsRequest
from neo.serving.logs import log_failure
from neo.serving.problems import GENERIC, Refusal
from neo_sdk.errors import NeoError
from neo_sdk.types import Answer, StreamEvent

COMPANY = 0.02  # seconds from some lists to the next while words are being said

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

    gone: to be set when nobody waits for it any more; began: whether it has said something; alone: whether it failed
    with others, and is to be tried by itself.
    """

    def __init__(self, model: NeoModel, request: Request, put: Put, place: Place | None = None) -> None:
        self.model, self.request, self.put, self.place = model, request, put, place
        self.gone = self.began = self.alone = False


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
            lists = self._taken(ListRequest, self.most)
            words = self._taken(WordsRequest, self.most) if self._speaking is None else []
            if not (lists or words or self._speaking or self._jobs):
                return not self._closed
        began = time.perf_counter()
        if lists:
            self._list(lists)
        if words:
            self._speaking = self._speak(words)
        # A step says many pieces: lists between all of them would starve it. And after some the next wait for company,
        # since eight together take half the time of eight one by one.
        now = time.perf_counter()
        until = now + max(now - began, COMPANY) if lists else now
        while self._speaking is not None:
            if next(self._speaking, self) is self:
                self._speaking = None
            if time.perf_counter() >= until:
                break
        return True

    def _taken(self, kind: type[Request], most: int, model: NeoModel | None = None) -> list[Job]:
        """The first waiting job of a kind, of a model if there is one, and those behind it that may share its batch.
        Neither they nor those whose askers are gone keep a place in the queue.

        The lock is held.
        """
        taken: list[Job] = []
        gone: list[Job] = []
        left: deque[Job] = deque()
        for job in self._jobs:
            if job.gone:
                gone.append(job)
                continue
            fits = isinstance(job.request, kind) and len(taken) < most and (model is None or model is job.model)
            if fits and (not taken or not (job.alone or taken[0].alone)):
                model = job.model
                taken.append(job)
            else:
                left.append(job)
        self._jobs = left
        for job in (*taken, *gone):
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
        model, places = batch[0].model, count()
        jobs = {next(places): job for job in batch}  # by their places, without those that are answered

        def gone(place: int) -> bool:
            return jobs[place].gone and jobs.pop(place) is not None

        def more(going: int) -> BegunWords | None:
            if any(job.alone for job in batch) or (found := self._joining(model, going)) is None:
                return None
            jobs.update((next(places), job) for job in found[0])
            return found[1]

        try:
            for place, piece in model.stream_words(_words(batch), gone, more):
                job = jobs.pop(place) if isinstance(piece, Answer) else jobs[place]
                job.began = True
                job.put(piece)
                yield
            return
        except Exception as error:
            problem = _settled(error)
        for job in list(jobs.values()):
            if job.began or len(jobs) == 1:
                job.put(problem)
            elif not job.gone:
                job.alone = True
                yield from self._speak([job])

    def _joining(self, model: NeoModel, going: int) -> tuple[Sequence[Job], BegunWords] | None:
        """What joins the words that so many are being told; where it cannot begin together, each is tried alone."""
        room = self.most - going
        if room * 4 < self.most:
            return None
        with self.changed:
            jobs = [] if self._other_model_waits(model) else self._taken(WordsRequest, room, model)
        if not jobs:
            return None
        try:
            begun = model.begin_words(_words(jobs))
        except Exception as error:
            problem = _settled(error)
        else:
            self.began("words", going + len(jobs))
            return jobs, begun
        if len(jobs) == 1:
            jobs[0].put(problem)
        else:
            for job in jobs:
                job.alone = True
            with self.changed:
                self._jobs.extendleft(reversed(jobs))
        return None

    def _other_model_waits(self, model: NeoModel) -> bool:
        """Whether somebody wants words of another, as a new bundle does that is tried out: answers that others keep
        joining would never end. The lock is held."""
        wanted = (job.model for job in self._jobs if isinstance(job.request, WordsRequest) and not job.gone)
        return any(other is not model for other in wanted)

    def _give_up(self) -> None:
        """Nobody waits for a thread that has ended."""
        with self.changed:
            self._closed, left = True, list(self._jobs)
            self._jobs.clear()
        for job in left:
            job.put(Refusal(500, GENERIC))


def _words(jobs: Sequence[Job]) -> list[WordsRequest]:
    return [job.request for job in jobs if isinstance(job.request, WordsRequest)]


def _settled(error: Exception) -> Exception:
    """An error that a batch ended with, logged, and without the frames, which hold the batch's tensors."""
    if not isinstance(error, NeoError):
        log_failure("a batch failed", error)
    error = error.with_traceback(None)
    error.__context__ = None
    if isinstance(error, torch.OutOfMemoryError) and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return error
