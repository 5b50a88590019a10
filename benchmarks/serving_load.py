"""How `neo serve` holds: many clients at once, one in ten of them abusive, and every answer checked.

    python benchmarks/serving_load.py BUNDLE --seconds 60 --json FILE

First each request of a pool is answered alone, in process, one after the other: the reference. A second time it is the
throughput of one at a time, since the server will have read the prompts before as well. Then it answers clients that
ask for one after the other without a pause, whole or as a stream. An answer is `same` if it names the reference's items
in the reference's words, `mixed up` if it is another request's, and `otherwise` if it is neither (near ties may fall
otherwise in a batch of another size); `lost` is what got no answer, or an error that is not a 429. Abusive clients send
too much, or no JSON, vanish in the middle of a stream, or read slowly.

The clients run on the same machine as the server and take their share of it.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from inference_load import percentile

from neo.evaluation.machine import this_machine
from neo.model.neo_model import NeoModel
from neo_sdk.types import Answer

STARTS_WITHIN = 600  # seconds
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

    abuse: how many, by kind and status.
    """

    answers: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"lists": [], "words": []})
    abuse: Counter[str] = field(default_factory=Counter)
    resident: list[int] = field(default_factory=list)  # bytes, once a second


def said(answer: Answer) -> Said:
    return tuple(item.id for item in answer.items), answer.text


def pool(model: NeoModel, count: int, seed: int) -> tuple[list[Asked], float]:
    """Requests of every verb, with their answers alone, and how many a second that was."""
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
    began = time.perf_counter()
    for verb, body in asked:
        getattr(model, verb)(**body)
    per_second = len(asked) / (time.perf_counter() - began)
    return [Asked(*one, answer) for one, answer in zip(asked, alone, strict=True)], per_second


@contextmanager
def server(bundle: Path, batch: int, queue: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`neo serve` as a process of its own, with a store that is thrown away."""
    with socket.socket() as sock, tempfile.TemporaryDirectory() as folder:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        sock.close()
        options = ["--port", str(port), "--batch", str(batch), "--queue", str(queue), "--store", f"sqlite:{folder}/s"]
        log = (Path(folder) / "log").open("wb")
        process = subprocess.Popen([sys.executable, "-m", "neo.cli", "serve", str(bundle), *options], stderr=log)
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()
            log.close()


async def until_ready(http: httpx.AsyncClient) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end:
        try:
            if (await http.get("/health")).status_code == 200:
                return
        except httpx.ConnectError:
            pass
        await asyncio.sleep(0.2)
    raise SystemExit("The server did not start.")


async def client(http: httpx.AsyncClient, asked: Sequence[Asked], seen: Seen, end: float, seed: int) -> None:
    """Asks for one after the other, and looks at every answer."""
    rng = np.random.default_rng(seed)
    others = Counter(one.alone for one in asked)
    while time.perf_counter() < end:
        one = asked[int(rng.integers(len(asked)))]
        streams, began = bool(rng.integers(2)), time.perf_counter()
        try:
            response = await http.post(f"/v1/{one.verb}", json={**one.body, "stream": streams})
            if response.status_code == 429:
                seen.answers["refused (429)"] += 1
                await asyncio.sleep(float(response.headers["retry-after"]) * rng.random())
                continue
            text = response.text
            if streams:
                event, data = text.rstrip("\n").split("\n\n")[-1].split("\n", 1)
                text = data.removeprefix("data: ") if event == "event: done" else ""
            got = said(Answer.model_validate_json(text))
        except (httpx.HTTPError, ValueError) as error:
            seen.answers[f"lost ({type(error).__name__})"] += 1
            continue
        kind = "words" if "max_tokens" in one.body else "lists"
        seen.seconds[kind].append(time.perf_counter() - began)
        seen.answers["same" if got == one.alone else "mixed up" if got in others else "otherwise"] += 1


async def abuser(http: httpx.AsyncClient, seen: Seen, end: float, number: int) -> None:
    """Does one bad thing after the other."""
    streamed = {"history": [], "max_tokens": 200, "stream": True}
    while time.perf_counter() < end:
        number += 1
        kind = ("oversized", "malformed", "vanishes", "reads slowly")[number % 4]
        try:
            if kind == "oversized":
                status = (await http.post("/v1/search", content=b"x" * (3 << 20), headers=JSON)).status_code
            elif kind == "malformed":
                status = (await http.post("/v1/search", content=b'{"query": "\\ud800', headers=JSON)).status_code
            else:
                async with http.stream("POST", "/v1/understand", json=streamed) as response:
                    status, left = response.status_code, time.perf_counter() + (0 if kind == "vanishes" else 5)
                    async for _ in response.aiter_raw(64):
                        if time.perf_counter() > left:
                            break
                        await asyncio.sleep(SLOW)
            seen.abuse[f"{kind}: {status}"] += 1
        except httpx.HTTPError as error:
            seen.abuse[f"{kind}: {type(error).__name__}"] += 1


JSON = {"content-type": "application/json"}


async def watch(pid: int, seen: Seen, end: float) -> None:
    """How much memory the server has."""
    while time.perf_counter() < end:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        seen.resident.append(pages * os.sysconf("SC_PAGE_SIZE"))
        await asyncio.sleep(1)


async def load(url: str, pid: int, asked: Sequence[Asked], options: argparse.Namespace) -> tuple[Seen, float]:
    """Everything at once, for the time that was asked for; what happened, and in how many seconds."""
    seen, abusive = Seen(), max(1, options.clients // 10)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=options.clients)
    async with httpx.AsyncClient(base_url=url, timeout=150, limits=limits) as http:
        await until_ready(http)
        began = time.perf_counter()
        end = began + options.seconds
        fair = [client(http, asked, seen, end, options.seed + n) for n in range(options.clients - abusive)]
        await asyncio.gather(watch(pid, seen, end), *fair, *(abuser(http, seen, end, n) for n in range(abusive)))
        seconds = time.perf_counter() - began
        health = await http.get("/health")
        if health.status_code != 200 or "neo_queue 0.0" not in (await http.get("/metrics")).text:
            raise SystemExit(f"After the load the server is not as before: {health.text}")
    return seen, seconds


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
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--queue", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    asked, alone = pool(NeoModel.load(options.bundle), options.pool, options.seed)
    with server(options.bundle, options.batch, options.queue) as (process, url):
        seen, seconds = asyncio.run(load(url, process.pid, asked, options))
    answered = sum(map(len, seen.seconds.values()))
    lost = sum(count for name, count in seen.answers.items() if name.startswith("lost"))
    found = {
        "bundle": options.bundle.name,
        "clients": options.clients,
        "seconds": seconds,
        "answers a second": answered / seconds,
        "one at a time, a second": alone,
        **{
            f"{kind}, p{percent} ms": percentile(took, percent) * 1e3
            for kind, took in seen.seconds.items()
            for percent in (50, 99)
            if took
        },
        "lost": lost,
        "mixed up": seen.answers["mixed up"],
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
    if lost or seen.answers["mixed up"]:
        raise SystemExit(f"{lost} answers were lost and {seen.answers['mixed up']} mixed up, expected none.")


if __name__ == "__main__":
    main()
