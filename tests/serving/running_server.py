"""A server on this machine, reached over real HTTP, and a model that waits where a test wants it to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from neo.model.neo_model import NeoModel
from neo.serving.app import make_app
from neo.serving.served import OpenModel, embedded
from neo.serving.server import Server
from neo.serving.settings import Settings
from neo.serving.sqlite_store import SqliteStore
from neo.serving.store import Store

PATIENCE = 60.0  # seconds after which a test that waits has failed


@dataclass
class Running:
    """url: without /v1; http: a client of it, whose requests time out."""

    url: str
    server: Server
    http: httpx.Client

    @property
    def model(self) -> NeoModel:
        return self.server.current.get().model

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return self.http.post(path, json=body, **options)

    def metric(self, name: str, **labels: str) -> float:
        return self.server.metrics.registry.get_sample_value(name, labels) or 0.0


@contextmanager
def running(
    folder: Path, store: Store | Path, settings: Settings | None = None, open_model: OpenModel = embedded
) -> Iterator[Running]:
    """The bundle, served. store: or a file for one."""
    store = SqliteStore(store) if isinstance(store, Path) else store
    server = Server(folder, settings or Settings(), store, open_model)
    config = uvicorn.Config(make_app(server), http="h11", ws="none", log_config=None, access_log=False)
    listening = uvicorn.Server(config)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=listening.run, args=([sock],))
    thread.start()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    try:
        server.start()
        until(lambda: server.health() != "loading" and listening.started)
        with httpx.Client(base_url=url, timeout=PATIENCE) as http:
            yield Running(url, server, http)
    finally:
        listening.should_exit = True
        thread.join()
        server.close()
        sock.close()


def until(holds: Callable[[], object]) -> None:
    """Waits for what must come true."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.005)


class Gate:
    """Holds a model before every list and before every piece of words, until `open` is set."""

    def __init__(self, model: NeoModel) -> None:
        self.open, self.came = threading.Event(), threading.Event()
        self.batches: list[int] = []
        self.pieces = 0
        lists, words = model.answer_lists, model.stream_words

        def answer_lists(requests: Sequence[Any]) -> Any:
            self._hold(len(requests))
            return lists(requests)

        def stream_words(requests: Sequence[Any], *more: Any) -> Iterator[Any]:
            self._hold(len(requests))
            for place, piece in words(requests, *more):
                self.pieces += 1
                yield place, piece

        model.answer_lists = answer_lists  # type: ignore[method-assign]
        model.stream_words = stream_words  # type: ignore[method-assign]

    def _hold(self, size: int) -> None:
        self.batches.append(size)
        self.came.set()
        assert self.open.wait(PATIENCE)


def frames(text: str) -> list[tuple[str | None, Any]]:
    """(event, data) of a stream; data is parsed where it is JSON."""
    found = []
    for block in text.split("\n\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        data = lines["data"]
        found.append((lines.get("event"), data if data == "[DONE]" else json.loads(data)))
    return found
