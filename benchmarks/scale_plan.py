"""What ten million items and fifteen million listeners would take: a plan on paper, computed.

    python benchmarks/scale_plan.py                                   as in docs/scale.md
    python benchmarks/scale_plan.py --items 1e6 --listeners 1e6 --base 1.7e9 --gpu-flops 312e12

What was measured here is marked so, with the file it is from. All else is arithmetic over the assumptions below, which
can be changed on the command line: a count of operations, at the share of a GPU's speed that large matrix products
reach, and bytes. Nothing of it was run at this size.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "docs" / "results"
DAY, GB = 86_400, 1e9


@dataclass(frozen=True)
class Assumed:
    """What the plan stands on; every field can be set on the command line."""

    items: float = 10e6
    listeners: float = 15e6
    events: float = 200  # of a listener, in all
    base: float = 0.6e9  # weights of the decoder
    embedder: float = 0.6e9  # weights of the text embedder
    text: float = 200  # tokens of an item's text
    width: float = 1024  # of an embedding
    levels: float = 4  # codes of an item ...
    codes: float = 256  # ... each one of so many
    history: float = 100  # items of a prompt
    rounds: float = 25  # of k-means at a level
    passes: float = 1  # over the listeners, in stage 3
    requests: float = 1.0  # lists a listener and day ...
    peak: float = 5.0  # ... at the busiest time so many times the mean
    beams: float = 30
    gpu_flops: float = 989e12  # bfloat16, an H100's
    gpu_bytes: float = 3.35e12  # a second, of its memory
    reached: float = 0.4  # of that speed
    gpus: float = 8  # of a node


Line = tuple[str, str, str]  # what, how it is counted, what it comes to


def plan(a: Assumed) -> Iterator[Line]:
    speed = a.gpu_flops * a.reached
    yield from catalog(a)
    yield from meanings(a, speed)
    yield from listeners(a)
    yield from training(a, speed)
    yield from serving(a, speed)


def catalog(a: Assumed) -> Iterator[Line]:
    index = measured("decoding.json", lambda found: largest(found["rows"])["bytes_per_item"])
    yield "item texts", f"{a.items:.3g} x 1 kB, Parquet, memory-mapped", size(a.items * 1e3)
    yield (
        "index of SIDs",
        f"{index:.1f} bytes an item (measured at 10M, decoding.json), memory-mapped",
        size(a.items * index),
    )
    table = a.items * (2 * a.levels + 8)
    yield "SID table", f"{a.levels:.0f} codes of 2 bytes and a row of 8", size(table)
    room = a.codes**a.levels
    share = a.items / room
    yield "tuples in use", f"of {a.codes:.0f}^{a.levels:.0f} = {room:.2g}", f"{share:.2%}"


def meanings(a: Assumed, speed: float) -> Iterator[Line]:
    operations = 2 * a.embedder * a.text * a.items
    yield "embedding", "2 operations a weight and token", f"{hours(operations / speed)} of one GPU"
    yield "embeddings", f"{a.width:.0f} numbers of 2 bytes", size(a.items * a.width * 2)
    sample = min(a.items, 1e6)
    operations = 2 * a.levels * a.codes * a.width * (sample * a.rounds + a.items)
    read = 2 * a.width * a.levels * (sample * a.rounds + a.items)
    took = max(operations / speed, read / a.gpu_bytes)
    how = f"{a.rounds:.0f} rounds over {sample:.2g} items, then all once"
    yield "residual k-means", f"{how}; the GPU's part, reading them from disk aside", hours(took)


def listeners(a: Assumed) -> Iterator[Line]:
    took = measured("listener-updates.json", lambda found: found["updates"]["500"]["median"])
    batch = measured(
        "listener-updates.json", lambda found: found["batch"]["milliseconds"] / found["batch"]["listeners"]
    )
    events = a.listeners * a.events
    yield "events", f"{events:.3g}, 16 bytes each", size(events * 16)
    yield "vectors of listeners", "64 numbers of 2 bytes", size(a.listeners * 128)
    yield (
        "all vectors anew",
        f"{batch * 1e3:.0f} us a listener (measured, listener-updates.json)",
        f"{hours(a.listeners * batch / 1e3)} of one core",
    )
    rate = 1e3 / took
    yield (
        "vectors as events come",
        f"{took:.1f} ms each (measured): {rate:.0f} a second and core",
        f"{a.listeners * 3 / DAY / rate:.1f} cores for 3 events a day",
    )


def training(a: Assumed, speed: float) -> Iterator[Line]:
    tokens = a.passes * a.listeners * (a.history * a.levels + 40)
    operations = 6 * a.base * tokens
    yield "tokens of stage 3", f"{a.passes:.0f} row of {a.history:.0f} items a listener", f"{tokens:.2g}"
    yield "stage 3", "6 operations a weight and token", f"{hours(operations / speed / a.gpus)} of {a.gpus:.0f} GPUs"
    yield (
        "its state",
        "16 bytes a weight (itself, gradient, AdamW), in float32",
        f"{size(16 * a.base)} on every GPU, or shared out",
    )
    yield "rows on disk", "ids and labels of 4 bytes", size(tokens * 8)
    rows = a.passes * a.listeners
    yield (
        "writing the rows",
        "3,000 a second and core (the starter recipe's 580,000 in 3 minutes)",
        f"{hours(rows / 3_000)} of one core",
    )


def serving(a: Assumed, speed: float) -> Iterator[Line]:
    prompt = a.history * a.levels + 60
    read = 2 * a.base * prompt / speed
    step = max(
        2 * a.base * a.beams / speed, 2 * a.base / a.gpu_bytes / 8
    )  # eight requests share a reading of the weights
    took = read + (a.levels - 1) * step
    rate = a.listeners * a.requests / DAY * a.peak
    yield "reading a prompt", f"{prompt:.0f} tokens", f"{read * 1e3:.2f} ms of a GPU"
    yield (
        "its search",
        f"{a.levels - 1:.0f} steps of {a.beams:.0f} beams, 8 requests together",
        f"{(a.levels - 1) * step * 1e3:.2f} ms",
    )
    yield (
        "lists a second",
        f"{a.requests:.0f} a listener and day, {a.peak:.0f} times that at the busiest",
        f"{rate:,.0f}",
    )
    yield "GPUs for that", f"{1 / took:,.0f} lists a second each", f"{rate * took:.1f}, and one to spare"
    layers, heads = 28, 8 * 128  # keys and values of Qwen3-0.6B's shape
    yield (
        "a prompt's cache",
        f"{layers} layers, 2 x {heads} numbers of 2 bytes a token",
        size(prompt * layers * 2 * heads * 2),
    )


def measured(file: str, value: Callable[[Any], float]) -> float:
    return float(value(json.loads((RESULTS / file).read_text(encoding="utf-8"))))


def largest(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Of our own search the row of the largest catalog."""
    return max((row for row in rows if row["method"] == "ours"), key=lambda row: row["items"])


def size(count: float) -> str:
    return f"{count / GB:,.1f} GB" if count >= GB else f"{count / 1e6:,.0f} MB"


def hours(seconds: float) -> str:
    if seconds >= 3_600:
        return f"{seconds / 3_600:,.1f} hours"
    return f"{seconds / 60:,.1f} minutes" if seconds >= 60 else f"{seconds:,.1f} seconds"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for field in fields(Assumed):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default)
    lines = [("", "counted as", "comes to"), ("---", "---", "---:"), *plan(Assumed(**vars(parser.parse_args())))]
    print("\n".join(f"| {' | '.join(line)} |" for line in lines))


if __name__ == "__main__":
    main()
