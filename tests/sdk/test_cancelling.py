"""Leaving a stream stops whoever makes it: a server at the other end of a socket, or the model in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from neo.model.neo_model import NeoModel
from neo_sdk import APIConnectionError, AsyncNeo, Neo, TextPart


class Endless(BaseHTTPRequestHandler):
    """Streams one word for as long as somebody listens."""

    left: threading.Event

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b'event: text\ndata: {"kind":"text","text":"on "}\n\n')
        except OSError:
            self.left.set()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endless() -> Iterator[tuple[str, threading.Event]]:
    """The address of an endless server, and whether its listener has left."""
    left = threading.Event()
    handler = type("Handler", (Endless,), {"left": left})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", left
        server.shutdown()
        thread.join()


def test_a_server_notices_that_its_listener_left(endless: tuple[str, threading.Event]) -> None:
    url, left = endless
    with Neo(url) as neo, neo.stream.understand("l1") as stream:
        for _, part in zip(range(100), stream, strict=False):
            assert part == TextPart(text="on ")
        assert not left.is_set()
        stream.close()
        assert left.wait(10)


def test_a_server_notices_that_its_async_listener_left(endless: tuple[str, threading.Event]) -> None:
    url, left = endless

    async def read() -> None:
        async with AsyncNeo(url) as neo, neo.stream.understand("l1") as stream:
            assert await anext(aiter(stream)) == TextPart(text="on ")
            assert not left.is_set()
            await stream.close()
            assert await asyncio.to_thread(left.wait, 10)

    asyncio.run(read())


def test_a_server_notices_that_its_listeners_task_was_cancelled(endless: tuple[str, threading.Event]) -> None:
    url, left = endless

    async def read() -> None:
        async with AsyncNeo(url) as neo, neo.stream.understand("l1") as stream:
            async for _ in stream:
                await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(read(), 0.2))
    assert left.wait(10)


def test_nobody_listens() -> None:
    with Neo("http://127.0.0.1:1", max_retries=0) as neo, pytest.raises(APIConnectionError, match="refused"):
        neo.understand("l1")


class Words:
    """What a model writes; `stopped` once nobody will read it, `by` the thread that said so.

    It is held here, so that nothing but closing stops it.
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.by = ""
        self.held: list[Iterator[TextPart]] = []

    def __call__(self, *args: object, **kwargs: object) -> Iterator[TextPart]:
        self.held.append(self._written())
        return self.held[-1]

    def _written(self) -> Iterator[TextPart]:
        try:
            while True:
                yield TextPart(text="on ")
        finally:
            self.by = threading.current_thread().name
            self.stopped.set()


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Words:
    made = Words()
    monkeypatch.setattr(NeoModel, "stream_chat", made)
    return made


def test_a_model_stops_when_its_listener_leaves(tiny_bundle_folder: Path, words: Words) -> None:
    with Neo.load(tiny_bundle_folder, device="cpu").stream.chat("Hi") as stream:
        assert [part for _, part in zip(range(3), stream, strict=False)] == [TextPart(text="on ")] * 3
        assert not words.stopped.is_set()
    assert words.stopped.is_set()


def test_a_model_stops_when_its_async_listener_leaves_or_is_cancelled(tiny_bundle_folder: Path, words: Words) -> None:
    async def left(neo: AsyncNeo) -> None:
        async with neo.stream.chat("Hi") as stream:
            async for _ in stream:
                break
            assert not words.stopped.is_set()
        assert words.stopped.is_set() and words.by.startswith("neo")

    async def read_on(neo: AsyncNeo) -> None:
        async with neo.stream.chat("Hi") as stream:
            async for _ in stream:
                pass

    async def both() -> None:
        async with AsyncNeo.load(tiny_bundle_folder, device="cpu") as neo:
            await left(neo)
            words.stopped.clear()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(read_on(neo), 0.1)
            assert words.stopped.is_set()

    asyncio.run(both())


def test_an_event_loop_goes_on_while_the_model_works(tiny_bundle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(*args: object, **kwargs: object) -> None:
        asked.set()
        assert go_on.wait(10)

    monkeypatch.setattr(NeoModel, "recommend", slow)

    async def ask() -> None:
        async with AsyncNeo.load(tiny_bundle_folder, device="cpu") as neo:
            task = asyncio.create_task(neo.recommend())
            while not asked.is_set():
                await asyncio.sleep(0.001)
            assert not task.done()
            go_on.set()
            await task

    asyncio.run(ask())


def test_threads_may_share_a_bundle(tiny_bundle_folder: Path) -> None:
    neo = Neo.load(tiny_bundle_folder, device="cpu")
    listeners = [f"l{n}" for n in range(1, 9)] * 2
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda listener: neo.recommend(listener, k=3), listeners))
    alone = Neo.load(tiny_bundle_folder, device="cpu")
    assert [answer.items for answer in found] == [alone.recommend(listener, k=3).items for listener in listeners]
