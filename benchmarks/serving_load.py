"""How `neo serve` holds: many clients at once, one in ten of them abusive, and every answer checked.

    python benchmarks/serving_load.py BUNDLE --seconds 60 --json FILE

First each request of a pool is answered alone, in process, one after the other: the reference. A second time it is the
throughput of one at a time, since the server will have read the prompts before as well. Then a single client asks the
server for the same, so that what HTTP costs and what batches gain can be told apart. Then it answers clients that ask
for one after the other without a pause, whole or as a stream. An answer is `same` if it names the reference's items
in the reference's words, `mixed up` if it is another request's, and `otherwise` if it is neither (near ties may fall
otherwise in a batch of another size); `lost` is what got no answer, or an error that is not a 429. Abusive clients send
too much, or no JSON, vanish in the middle of a stream, or read slowly.

The clients run on the same machine as the server and take their share of it: the table says how much. Processor time an
answer depends less than answers a second on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
from inference_load import percentile
from light_http import Connection

from neo.evaluation.machine import this_machine
from neo.model.neo_model import NeoModel
from neo_sdk.types import Answer

STARTS_WITHIN = 600  # seconds
PATIENCE = 150  # seconds for an answer
SLOW = 0.2  # seconds between two reads of a slow reader
Said = tuple[tuple[str, ...], str]  # the ids of an answer's items, and its words


@dataclass(frozen=True)
class Asked:
    """A request of the pool, and what it is answered alone."""

    verb: str
    body: dict[str, Any]
    alone: Said


@dataclass
class Seen:
    """What happened. answers: how many of each kind; seconds: of those that came, lists and words apart.

    abuse: how many, by kind and status; took: seconds; server, clients: of processors.
    """

    answers: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"lists": [], "words": []})
    abuse: Counter[str] = field(default_factory=Counter)
    resident: list[int] = field(default_factory=list)  # bytes, once a second
    took: float = 0.0
    server: float = 0.0
    clients: float = 0.0

    @property
    def answered(self) -> int:
        return sum(map(len, self.seconds.values()))


def said(answer: Answer) -> Said:
    return tuple(item.id for item in answer.items), answer.text


@dataclass(frozen=True)
class Alone:
    """One at a time, in process: how many a second, and milliseconds of processors for each."""

    per_second: float
    processor_ms: float


def pool(model: NeoModel, count: int, seed: int) -> tuple[list[Asked], Alone]:
    """Requests of every verb, with their answers alone, and how fast that was."""
    bundle, rng = model.bundle, np.random.default_rng(seed)
    listeners = [bundle.listeners.id(int(row)) for row in rng.integers(len(bundle.listeners), size=count)]
    items = [bundle.catalog.item(int(row)) for row in rng.integers(len(bundle.catalog), size=count)]
    kinds = bundle.catalog.type_names
    asked: list[tuple[str, dict[str, Any]]] = []
    for place, (listener, item) in enumerate(zip(listeners, items, strict=True)):
        asked += [
            ("recommend", {"listener": listener, "type": kinds[place % len(kinds)]}),
            ("search", {"query": item.title[:200] or item.id, "k": 5}),
            ("recommend", {"listener": listener, "format": "mixed", "k": 3, "max_tokens": 40}),
            ("understand", {"listener": listener, "max_tokens": 40}),
        ]
    alone = [said(getattr(model, verb)(**body)) for verb, body in asked]
    began, spent = time.perf_counter(), time.process_time()
    for verb, body in asked:
        getattr(model, verb)(**body)
    each = [now / len(asked) for now in (time.perf_counter() - began, time.process_time() - spent)]
    found = [Asked(*one, answer) for one, answer in zip(asked, alone, strict=True)]
    return found, Alone(1 / each[0], each[1] * 1e3)


@dataclass(frozen=True)
class Running:
    """One `neo serve`: its process, and where it listens."""

    pid: int
    url: str


@contextmanager
def servers(options: argparse.Namespace) -> Iterator[list[Running]]:
    """`neo serve` as processes of their own, with one store, which is thrown away."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context((Path(folder) / "log").open("wb"))
        given = {
            "batch": options.batch,
            "queue": options.queue,
            "threads": options.threads,
            "store": f"sqlite:{folder}/s",
        }
        running = []
        for _ in range(options.servers):
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                port = sock.getsockname()[1]
            flags = [word for name, value in {**given, "port": port}.items() for word in (f"--{name}", str(value))]
            process = subprocess.Popen([sys.executable, "-m", "neo.cli", "serve", options.bundle, *flags], stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            running.append(Running(process.pid, f"http://127.0.0.1:{port}"))
        yield running


async def until_ready(http: httpx.AsyncClient, url: str) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end:
        try:
            if (await http.get(f"{url}/health")).status_code == 200:
                return
        except httpx.ConnectError:
            pass
        await asyncio.sleep(0.2)
    raise SystemExit("The server did not start.")


async def client(url: str, asked: Sequence[Asked], seen: Seen, end: float, seed: int) -> None:
    """Asks for one after the other, and looks at every answer."""
    rng = np.random.default_rng(seed)
    others = {one.alone for one in asked}
    where = urlsplit(url)
    while time.perf_counter() < end:
        try:
            async with Connection(str(where.hostname), int(where.port or 80)) as http:
                while time.perf_counter() < end:
                    async with asyncio.timeout(PATIENCE):
                        await ask(http, asked[int(rng.integers(len(asked)))], bool(rng.integers(2)), others, seen, rng)
        except (OSError, EOFError, ValueError) as error:
            seen.answers[f"lost ({type(error).__name__})"] += 1


async def ask(
    http: Connection, one: Asked, streams: bool, others: Set[Said], seen: Seen, rng: np.random.Generator
) -> None:
    """Asks once, and looks at what comes. OSError, EOFError or ValueError where it is not a whole answer."""
    began = time.perf_counter()
    response = await http.post(f"/v1/{one.verb}", json.dumps({**one.body, "stream": streams}).encode())
    if response.status == 429:
        seen.answers["refused (429)"] += 1
        await asyncio.sleep(float(response.headers["retry-after"]) * rng.random())
        return
    text = response.body
    if streams:
        event, text = text.rstrip(b"\n").rpartition(b"\n\n")[2].split(b"\n", 1)
        text = text.removeprefix(b"data: ") if event == b"event: done" else b""
    got = said(Answer.model_validate_json(text))
    kind = "words" if "max_tokens" in one.body else "lists"
    seen.seconds[kind].append(time.perf_counter() - began)
    seen.answers["same" if got == one.alone else "mixed up" if got in others else "otherwise"] += 1


async def abuser(http: httpx.AsyncClient, url: str, seen: Seen, end: float, number: int) -> None:
    """Does one bad thing after the other."""
    search, understand = f"{url}/v1/search", f"{url}/v1/understand"
    streamed = {"history": [], "max_tokens": 200, "stream": True}
    while time.perf_counter() < end:
        number += 1
        kind = ("oversized", "malformed", "vanishes", "reads slowly")[number % 4]
        try:
            if kind == "oversized":
                status = (await http.post(search, content=b"x" * (3 << 20), headers=JSON)).status_code
            elif kind == "malformed":
                status = (await http.post(search, content=b'{"query": "\\ud800', headers=JSON)).status_code
            else:
                async with http.stream("POST", understand, json=streamed) as response:
                    status, left = response.status_code, time.perf_counter() + (0 if kind == "vanishes" else 5)
                    async for _ in response.aiter_raw(64):
                        if time.perf_counter() > left:
                            break
                        await asyncio.sleep(SLOW)
            seen.abuse[f"{kind}: {status}"] += 1
        except httpx.HTTPError as error:
            seen.abuse[f"{kind}: {type(error).__name__}"] += 1


JSON = {"content-type": "application/json"}


async def watch(pids: Sequence[int], seen: Seen, end: float) -> None:
    """How much memory the servers have."""
    while time.perf_counter() < end:
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
        seen.resident.append(pages * os.sysconf("SC_PAGE_SIZE"))
        await asyncio.sleep(1)


async def load(running: Sequence[Running], asked: Sequence[Asked], options: argparse.Namespace) -> tuple[Seen, Seen]:
    """What happened to a single client, for a sixth of the time that was asked for, and then to all of them."""
    abusive, pids = max(1, options.clients // 10), [one.pid for one in running]
    urls = [one.url for one in running]
    async with httpx.AsyncClient(timeout=PATIENCE, limits=httpx.Limits(max_connections=None)) as http:
        for url in urls:
            await until_ready(http, url)
        single, crowd = Seen(), Seen()
        for seen, fair, bad, seconds in (
            (single, 1, 0, options.seconds / 6),
            (crowd, options.clients - abusive, abusive, options.seconds),
        ):
            began, spent, mine = time.perf_counter(), sum(map(processor_seconds, pids)), time.process_time()
            end = began + seconds
            clients = [client(urls[n % len(urls)], asked, seen, end, options.seed + n) for n in range(fair)]
            abusers = [abuser(http, urls[n % len(urls)], seen, end, n) for n in range(bad)]
            await asyncio.gather(watch(pids, seen, end), *clients, *abusers)
            seen.took, seen.server = time.perf_counter() - began, sum(map(processor_seconds, pids)) - spent
            seen.clients = time.process_time() - mine
        for url in urls:
            health = await http.get(f"{url}/health")
            if health.status_code != 200 or "neo_queue 0.0" not in (await http.get(f"{url}/metrics")).text:
                raise SystemExit(f"After the load the server is not as before: {health.text}")
    return single, crowd


def processor_seconds(pid: int) -> float:
    """What a process has had of the processors."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def table(found: dict[str, Any]) -> str:
    rows = [(name, value) for name, value in found.items() if not isinstance(value, dict)]
    rows += [(f"answers, {name}", value) for name, value in sorted(found["answers"].items())]
    rows += [(f"abuse, {name}", value) for name, value in sorted(found["abuse"].items())]
    lines = [
        f"| {name} | {value:,.4g} |" if isinstance(value, float) else f"| {name} | {value} |" for name, value in rows
    ]
    return "\n".join(["|  |  |", "| --- | ---: |", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--pool", type=int, default=16, help="listeners, with four requests each")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--queue", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1, help="of each server's model")
    parser.add_argument("--servers", type=int, default=1, help="clients are dealt to them as a proxy would")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    asked, alone = pool(NeoModel.load(options.bundle), options.pool, options.seed)
    with servers(options) as running:
        single, seen = asyncio.run(load(running, asked, options))
    lost = sum(count for name, count in (single.answers + seen.answers).items() if name.startswith("lost"))
    mixed_up = single.answers["mixed up"] + seen.answers["mixed up"]
    found = {
        "bundle": options.bundle.name,
        "clients": options.clients,
        "servers": options.servers,
        "seconds": seen.took,
        "answers a second": seen.answered / seen.took,
        "one at a time in process, a second": alone.per_second,
        "one at a time over HTTP, a second": single.answered / single.took,
        "times as many as in process": seen.answered / seen.took / alone.per_second,
        "times as many as over HTTP": seen.answered / seen.took / (single.answered / single.took),
        "processor ms an answer, server": seen.server / seen.answered * 1e3,
        "processor ms an answer, clients": seen.clients / seen.answered * 1e3,
        "processor ms an answer, one at a time in process": alone.processor_ms,
        "processor ms an answer, one at a time over HTTP: server": single.server / single.answered * 1e3,
        **{
            f"{kind}, p{percent} ms": percentile(took, percent) * 1e3
            for kind, took in seen.seconds.items()
            for percent in (50, 99)
            if took
        },
        "lost": lost,
        "mixed up": mixed_up,
        "memory at first, MB": seen.resident[0] / 1e6,
        "memory at most, MB": max(seen.resident) / 1e6,
        "memory at last, MB": seen.resident[-1] / 1e6,
        "answers": dict(seen.answers),
        "abuse": dict(seen.abuse),
    }
    print(table(found))
    if options.json:
        machine = this_machine().model_dump()
        text = json.dumps(
            {**found, "options": {**vars(options), "bundle": None, "json": None}, "machine": machine}, indent=1
        )
        options.json.write_text(text + "\n", encoding="utf-8")
    if lost or mixed_up:
        raise SystemExit(f"{lost} answers were lost and {mixed_up} mixed up, expected none.")


if __name__ == "__main__":
    main()
