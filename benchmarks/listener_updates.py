"""How long a listener's vector takes after an event, and what it costs a request.

    python benchmarks/listener_updates.py runs/quickstart/bundle [--json FILE]

Update: from the events of one listener, one more at the end, to a new vector; for lives of 50, 500 and 5,000 events.
Batch: all listeners of the bundle. Request: `recommend` with and without the vector, for listeners never asked for.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from neo.catalog.activity import Events
from neo.evaluation.machine import this_machine
from neo.model.neo_model import NeoModel

LIVES = (50, 500, 5_000)
REPEATS = 200
REQUESTS = 100


def timed(work: Callable[[], object], repeats: int) -> dict[str, float]:
    """Milliseconds: the median and the 99th percentile."""
    took = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        took.append(1e3 * (time.perf_counter() - started))
    return {"median": float(np.median(took)), "p99": float(np.quantile(took, 0.99))}


def measure(neo: NeoModel) -> dict[str, object]:
    bundle, rng = neo.bundle, np.random.default_rng(0)
    model = bundle.listener_model
    if model is None:
        raise SystemExit("This bundle has no listener model: train it with a recipe that has `listener`.")
    nobody, updates = np.zeros(1, dtype=np.int64), {}
    for length in LIVES:
        items = rng.choice(bundle.sids.table.of(bundle.vocabulary.type_names[0]).rows, length + 1)
        times = np.sort(rng.integers(0, 200 * 86_400, length + 1))

        def update(items: np.ndarray = items, times: np.ndarray = times) -> None:
            events = Events.from_arrays(np.zeros(len(items), int), items, times, ["play"] * len(items), 1)
            model.vectors(events, nobody, np.array([times[-1] + 1]), bundle.listeners, nobody)

        update()
        updates[str(length)] = timed(update, REPEATS)
    everybody = np.arange(len(bundle.listeners))
    when = np.full(len(everybody), bundle.now)
    batch = timed(lambda: model.vectors(bundle.events, everybody, when, bundle.listeners, everybody), 3)
    counts = np.diff(bundle.events.offsets)
    asked = [bundle.listeners.id(int(row)) for row in np.argsort(-counts)[: 2 * REQUESTS]]
    requests = {}
    for name, some, there in (("without", asked[::2], False), ("with", asked[1::2], True)):
        who = iter(some[1:])
        neo.recommend(some[0], long_term=there)
        requests[name] = timed(lambda who=who, there=there: neo.recommend(next(who), long_term=there), len(some) - 1)
    return {
        "updates": updates,
        "batch": {"listeners": len(everybody), "milliseconds": batch["median"]},
        "requests": requests,
        "threads": torch.get_num_threads(),
        "machine": this_machine().model_dump(mode="json"),
    }


def markdown(measured: dict[str, dict]) -> str:
    rows = [["", "median, ms", "99th percentile, ms"], ["---", "---:", "---:"]]
    for length, took in measured["updates"].items():
        rows.append([f"a new event after {int(length):,}", f"{took['median']:.1f}", f"{took['p99']:.1f}"])
    for name, took in measured["requests"].items():
        rows.append([f"`recommend`, {name} the vector", f"{took['median']:.1f}", f"{took['p99']:.1f}"])
    batch, machine = measured["batch"], measured["machine"]
    said = f"All {batch['listeners']:,} listeners at once: {batch['milliseconds'] / 1e3:.1f} s. "
    said += f"{measured['threads']} threads, {machine['cores']} cores of {machine['processor']}."
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + f"\n\n{said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    measured = measure(NeoModel.load(given.bundle, device="cpu"))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(markdown(measured))


if __name__ == "__main__":
    main()
