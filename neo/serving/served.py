"""The bundle that answers, and how another one takes its place: loaded beside it, tried out, then switched to at once.

A request takes the reference once, when it begins, so every answer is wholly of one version. The old bundle is let go
with the last request that it answers.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neo.model.choosing import Later
from neo.model.folder import MANIFEST, place_of
from neo.model.neo_model import NeoModel
from neo.serving.batching import Batches, Job
from neo.serving.logs import LOG
from neo.serving.metrics import Metrics
from neo.serving.problems import Refusal
from neo_sdk.errors import BundleError
from neo_sdk.types import Answer, StreamEvent

ALIAS = "neo"  # a model's name that every server knows
OpenModel = Callable[[Path], NeoModel]  # from a bundle's folder; whichever engine it is that answers
TRIED = 600.0  # seconds for a new bundle's first answers: on a GPU its graphs are captured


@dataclass(frozen=True, eq=False)
class Served:
    """A bundle that answers. version: 12 hex digits that follow from every file of it."""

    model: NeoModel
    name: str
    version: str

    def answers_to(self, name: str) -> None:
        """Refusal for a name that is not the model's, nor the one that every server knows."""
        if name not in (ALIAS, self.name):
            message = f"There is no model {name!r:.80} here, expected {self.name!r} or {ALIAS!r}: ask for that."
            raise Refusal(404, message, "model", "model_not_found")


def embedded(folder: Path) -> NeoModel:
    """A bundle whose model runs in this process."""
    return NeoModel.load(folder)


def load(folder: Path, later: Later, open_model: OpenModel = embedded) -> Served:
    """BundleError for what cannot be used, and for a folder that was replaced while it was read.

    A link is followed once: that it leads elsewhere in the middle of it changes nothing.
    """
    folder = folder.resolve()
    version = version_of(folder)
    found = open_model(folder)
    if version_of(folder) != version:
        raise BundleError(f"{folder} changed while it was read: load it again.")
    found.later, name = later, found.bundle.config.get("name")
    return Served(found, name if isinstance(name, str) and name else ALIAS, version)


def version_of(folder: Path) -> str:
    """Of the manifest, which has the hash of every other file."""
    try:
        return hashlib.sha256((place_of(folder) / MANIFEST).read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise BundleError(f"{folder} is no bundle: it has no {MANIFEST} ({error.strerror}).") from error


def try_out(served: Served, batches: Batches) -> None:
    """Asks for a list and for words, through the thread that runs every model. BundleError where an answer fails."""
    model = served.model
    for request in (model.prepare_recommend(k=1), model.prepare_chat("Hello, two of them", max_tokens=2)):
        said: queue.SimpleQueue[StreamEvent | Exception] = queue.SimpleQueue()
        batches.submit(Job(model, request, said.put))
        piece: StreamEvent | Exception | None = None
        while not isinstance(piece, Answer):
            try:
                piece = said.get(timeout=TRIED)
            except queue.Empty:
                piece = TimeoutError(f"no answer within {TRIED:.0f} seconds")
            if isinstance(piece, Exception):
                raise BundleError(f"The bundle {served.version} does not answer: {piece}") from piece


class Current:
    """The one reference, and the thread that changes it. served: None until the first bundle has been tried out."""

    def __init__(
        self, folder: Path, later: Later, batches: Batches, metrics: Metrics, open_model: OpenModel = embedded
    ) -> None:
        self.folder, self.later, self.batches, self.metrics = folder, later, batches, metrics
        self.open_model = open_model
        self.served: Served | None = None
        self.failure: str | None = None  # not the error itself, which would hold what was loaded of the bundle
        self._asked = threading.Event()
        self._ends = False

    def get(self) -> Served:
        """Refusal while there is none."""
        if (served := self.served) is None:
            raise Refusal(503, "The model is being loaded: try again in a few seconds.", kind="loading")
        return served

    def load(self) -> None:
        """Loads the folder as it is now and switches to it; where that fails, what answered before goes on."""
        try:
            new = load(self.folder, self.later, self.open_model)
            try_out(new, self.batches)
        except Exception as error:
            self.failure = str(error) or type(error).__name__
            self.metrics.reloads.labels("refused").inc()
            kept = "nothing answers" if self.served is None else f"{self.served.version} goes on answering"
            LOG.error("the bundle was refused, %s: %s", kept, self.failure)
            return
        if (old := self.served) is not None:
            self.metrics.bundle.remove(old.name, old.version)
        self.served, self.failure = new, None
        self.metrics.bundle.labels(new.name, new.version).set(1)
        self.metrics.reloads.labels("loaded").inc()
        LOG.info("the bundle %s answers, version %s", new.name, new.version)

    def start(self, failed: Callable[[], None]) -> None:
        """Loads in a thread of its own, now and whenever `ask` is called. failed: told if the first one is refused."""

        def work() -> None:
            self.load()
            if self.served is None:
                failed()
                return
            while self._asked.wait() and not self._ends:
                self._asked.clear()  # several that come while one is loaded are one more
                self.load()

        threading.Thread(target=work, name="bundles", daemon=True).start()

    def ask(self) -> None:
        """Asks for the folder to be read again; returns at once."""
        self._asked.set()

    def close(self) -> None:
        self._ends = True
        self._asked.set()
