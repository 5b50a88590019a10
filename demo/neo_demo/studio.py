"""What all visitors share: the model, the one thread that runs it, and what the pages tell of the catalog."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from neo.catalog.item_types import ItemType
from neo.language.prompts import NOBODY
from neo.model.answers import last
from neo.model.bundle import Bundle
from neo.model.listener import Asker, asker, newcomer
from neo.model.neo_model import NeoModel
from neo.model.prepared import Request
from neo.serving.batching import Batches, Job
from neo_demo.maps import Plane, plane
from neo_demo.visit import Visit
from neo_sdk.errors import NeoError
from neo_sdk.types import Answer, Item, StreamEvent

WAITING = 64  # requests that may wait; one more is told so
TOGETHER = 16  # that are answered together
PATIENCE = 120.0  # seconds for one more piece of an answer
LISTENERS_SHOWN = 40  # in the picker; any other can be typed
TOPICS_OFFERED = 18
SUGGESTED = 8  # titles for what follows an @


class DemoModel(NeoModel):
    """A model that knows its visitors: as a `listener` it takes the name of a visit too."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.visits: WeakValueDictionary[str, Visit] = WeakValueDictionary()

    def _asker(self, listener: str | None, history: Sequence[str] | None, long_term: bool = True) -> Asker:
        visit = None if listener is None else self.visits.get(listener)
        return super()._asker(listener, history, long_term) if visit is None else self.known(visit)

    def known(self, visit: Visit) -> Asker:
        """What is known of a visitor."""
        if visit.listener is not None:
            who = asker(self.bundle, visit.listener, None, later=visit.met)
        elif visit.is_somebody:
            who = newcomer(self.bundle, visit.topics or (), visit.met)
        else:
            who = Asker(NOBODY)
        # What was put aside is not named again; it is no part of the history, for it was not liked.
        out = self.bundle.catalog.rows(sorted(visit.aside))
        return replace(who, heard=np.union1d(who.heard, out).astype(np.int64))


class Person(NamedTuple):
    """A listener as the picker shows them."""

    id: str
    label: str


class Studio:
    """The model and its thread. Close it to end the thread."""

    def __init__(self, bundle: Bundle) -> None:
        self.model = DemoModel(bundle)
        self.batches = Batches(WAITING, TOGETHER)
        self.alone = threading.Lock()  # for what looks into the model beside the thread
        self._drawing, self._planes = threading.Lock(), dict[str, Plane]()

    @property
    def bundle(self) -> Bundle:
        return self.model.bundle

    @property
    def types(self) -> tuple[ItemType, ...]:
        """Those of which the model knows items."""
        known = self.bundle.sids.table.type_names
        return tuple(item_type for item_type in self.bundle.catalog.types if item_type.name in known)

    def close(self) -> None:
        self.batches.close()

    def who(self, visit: Visit) -> str | None:
        """The visit as a `listener`; None where nothing is known of them."""
        self.model.visits[visit.known_as()] = visit
        return visit.name if visit.is_somebody or visit.aside else None

    def plane(self, type_name: str) -> Plane:
        """The map of a type; drawn once, which takes seconds."""
        with self._drawing:
            if type_name not in self._planes:
                self._planes[type_name] = plane(self.bundle.sids, self.bundle.catalog, type_name)
            return self._planes[type_name]

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        """The answer piece by piece; closing the iterator stops the model. Refusal where too many wait."""
        said: queue.SimpleQueue[StreamEvent | Exception] = queue.SimpleQueue()
        job = Job(self.model, request, said.put, self.batches.place())
        self.batches.submit(job)
        return _pieces(job, said)

    def answer(self, request: Request) -> Answer:
        """The whole answer to one request."""
        return last(self.stream(request))

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Those of several requests, which wait together and so are answered together."""
        return [last(stream) for stream in [self.stream(request) for request in requests]]

    def item(self, item_id: object) -> Item | None:
        """The item of an id that came from a browser, None for what is none."""
        if not isinstance(item_id, str) or len(item_id) > 1_000:
            return None
        (row,) = self.bundle.catalog.rows([item_id]).tolist()
        return None if row < 0 or not self.bundle.sids.table.has(row) else self.bundle.catalog.item(row)

    def codes(self, item_id: str) -> tuple[list[int], int]:
        """An item's SID, and how many codes each of its levels has."""
        bundle = self.bundle
        row = bundle.catalog.row(item_id)
        (codes,) = bundle.sids.table.codes_of_rows([row])
        return codes.tolist(), bundle.sids.table.of(bundle.catalog.type_of(row)).size

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """What a newcomer may choose: what listeners chose, else what items are about, the most frequent first."""
        bundle = self.bundle
        for column in (bundle.listeners.table.column("topics"), bundle.catalog.column("topics")):
            counts = Counter(topic for topics in column.to_pylist() for topic in topics or ())
            if counts:
                return tuple(topic for topic, _ in counts.most_common(TOPICS_OFFERED))
        return ()

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Some listeners with a past that is worth looking at, spread over all of them."""
        listeners, counts = self.bundle.listeners, np.diff(self.bundle.events.offsets)
        busy = np.flatnonzero(counts >= min(20, max(1, int(np.median(counts))) if len(counts) else 1))
        some = busy[np.linspace(0, len(busy) - 1, min(LISTENERS_SHOWN, len(busy))).astype(int)] if len(busy) else busy
        return tuple(self._person(int(row), int(counts[row])) for row in dict.fromkeys(some.tolist()) if len(listeners))

    @cached_property
    def host(self) -> str | None:
        """Who listens at first: somebody in the middle of `people`."""
        return self.people[len(self.people) // 2].id if self.people else None

    def _person(self, row: int, plays: int) -> Person:
        listeners = self.bundle.listeners
        likes = ", ".join(listeners.topics(row)[:2])
        parts = (listeners.id(row), listeners.country(row), f"{plays} events", likes)
        return Person(listeners.id(row), " · ".join(part for part in parts if part))

    @cached_property
    def _titles(self) -> list[tuple[str, int]]:
        """(title in small letters, row) of all items that the model can name."""
        table = self.bundle.sids.table
        titles = self.bundle.catalog.column("title").to_pylist()
        rows = np.flatnonzero(table.types_of_rows(np.arange(len(titles))) >= 0).tolist()
        return [(titles[row].casefold(), row) for row in rows]

    @cached_property
    def _by_title(self) -> dict[str, int]:
        """The row that a title stands for: of equal ones the first, and a show comes before its episodes."""
        return {title: row for title, row in reversed(self._titles)}

    @cached_property
    def _longest(self) -> int:
        return max((len(title) for title, _ in self._titles), default=0)

    def titled(self, words: str) -> list[Item]:
        """Items whose titles begin with the words, then those that have them anywhere."""
        asked = words.casefold().strip()
        if not asked:
            return []
        starts = [row for title, row in self._titles if title.startswith(asked)]
        holds = [row for title, row in self._titles if asked in title and not title.startswith(asked)]
        return [self.bundle.catalog.item(row) for row in (*starts, *holds)[:SUGGESTED]]

    def title_at(self, text: str) -> tuple[Item, int] | None:
        """The item whose title the text begins with, and the title's length: of several the longest."""
        for length in range(min(self._longest, len(text)), 0, -1):
            row = self._by_title.get(text[:length].casefold())
            if row is not None:
                return self.bundle.catalog.item(row), length
        return None


def _pieces(job: Job, said: queue.SimpleQueue[StreamEvent | Exception]) -> Iterator[StreamEvent]:
    try:
        while True:
            try:
                piece = said.get(timeout=PATIENCE)
            except queue.Empty:
                raise NeoError(f"The model said nothing for {PATIENCE:.0f} seconds: try again.") from None
            if isinstance(piece, Exception):
                raise piece
            yield piece
            if isinstance(piece, Answer):
                return
    finally:
        job.gone = True
