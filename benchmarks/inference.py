"""How fast a trained bundle answers, in MLPerf's manner: quality first, then four scenarios of load.

    python benchmarks/inference.py BUNDLE --json FILE        7 minutes for the quickstart
    python benchmarks/inference.py BUNDLE --quick            within a minute: few requests, so rough tails

Two tasks: lists (ten items) and mixed (up to three items, with words). Requests are of cases drawn from the bundle's
own events. Each is answered alone by `NeoModel.recommend` first, which is the reference; then under load, by one thread
that answers together what waits together. Every answer under load is compared with the reference's for its case, and a
scenario is valid only if its HR@10 and NDCG@10 reach 99% of the reference's on the same requests.

single stream   one request after the other; MLPerf's figure is the 90th percentile
multi-stream    8 at once, the next 8 when all are answered; a latency is of all 8, the figure the 99th percentile
offline         all cases at once; the figure is the throughput
server          Poisson arrivals, at the highest rate whose 99th percentile stays under the bound: this rate

Set OMP_NUM_THREADS=1 where the cores have other work; the load before the run is printed with the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import inference_report
import numpy as np
import torch
from inference_answers import Request, answer_alone, answer_lists, answer_mixed
from inference_load import Run, Served, System, Tail, WallClock, in_turn, serve
from inference_quality import Case, Quality, same, sample_cases
from inference_queue import BatchingQueue

from neo.evaluation.machine import this_machine
from neo.model.neo_model import NeoModel
from neo_sdk.limits import BEAMS
from neo_sdk.types import Answer
from neo_sdk.wire import ItemsOrMixed

STARTED = time.perf_counter()
TOGETHER = 8  # requests of a query of the multi-stream


@dataclass(frozen=True)
class Plan:
    """How much is asked. cases: answered alone, and at once when offline; single, multi: queries of these scenarios."""

    cases: int
    single: int
    multi: int
    tail: Tail


@dataclass(frozen=True)
class Task:
    """What is asked for, and what answers it together."""

    name: str
    format: ItemsOrMixed
    k: int
    answer: Callable[[NeoModel, Sequence[Request], int], Iterator[tuple[int, Answer]]]

    def request(self, case: Case) -> Request:
        return Request(case.listener, case.history, case.type, self.format, self.k)


LISTS, MIXED = Task("lists", "items", 10, answer_lists), Task("mixed", "mixed", 3, answer_mixed)


def plans(quick: bool, lists_bound: float, mixed_bound: float) -> dict[Task, Plan]:
    """Bounds in seconds."""
    if quick:
        return {
            LISTS: Plan(48, 24, 6, Tail(lists_bound, 1.5, 3, 0.3)),
            MIXED: Plan(16, 8, 2, Tail(mixed_bound, 2, 4, 0.3)),
        }
    return {
        LISTS: Plan(500, 300, 100, Tail(lists_bound, 10, 40, 0.05)),
        MIXED: Plan(200, 100, 40, Tail(mixed_bound, 15, 60, 0.05)),
    }


@dataclass(frozen=True)
class Row:
    """A scenario as it was measured. latencies: seconds, one a query, empty when offline.

    batch: how many requests were answered together, on average, 0 where the system does not tell; same: how many
    answers are those of the reference; invalid: why it does not count, empty where it does.
    """

    scenario: str
    requests: int
    batch: float
    latencies: tuple[float, ...]
    per_second: float
    same: int
    quality: Quality
    reference: Quality
    invalid: str


@dataclass(frozen=True)
class Judge:
    """The cases of a task, what the reference answers them, and what share of its quality is enough."""

    cases: Sequence[Case]
    alone: Sequence[Answer]
    enough: float

    @property
    def reference(self) -> Quality:
        return Quality.of(self.alone, self.cases)

    def row(self, scenario: str, run: Run[Answer], places: Sequence[int], batches: Sequence[int]) -> Row:
        """places: of which case each request was; batches: the sizes of those that answered them."""
        cases, alone = [self.cases[place] for place in places], [self.alone[place] for place in places]
        quality, reference = Quality.of(run.answers, cases), Quality.of(alone, cases)
        invalid = ""
        if not self.reference.hit_rate:
            invalid = "the reference hits no target"
        elif not quality.reaches(reference, self.enough):
            invalid = f"below {self.enough:.0%} of the reference"
        return Row(
            scenario,
            len(places),
            sum(batches) / len(batches) if batches else 0.0,
            run.latencies if len(run.latencies) > 1 else (),
            run.per_second,
            sum(map(same, run.answers, alone)),
            quality,
            reference,
            invalid,
        )


@dataclass(frozen=True)
class Measured:
    """A task's rows, and every rate that the server scenario tried."""

    rows: tuple[Row, ...]
    served: Served[Answer]


def measure(
    task: Task,
    plan: Plan,
    system: System[Request, Answer],
    judge: Judge,
    seed: int,
    batches: Sequence[int] = (),
) -> Measured:
    """All scenarios of a task on a system. batches: the sizes of what it answered together so far, if it tells."""
    clock, pool = WallClock(), [task.request(case) for case in judge.cases]
    rng = np.random.default_rng([seed, 3])
    rows: list[Row] = []

    def scenario(name: str, queries: Sequence[Sequence[int]]) -> Row:
        say(f"{task.name}: {name} ...")
        seen = len(batches)
        run = in_turn(system, [[pool[place] for place in query] for query in queries], clock)
        return judge.row(name, run, [place for query in queries for place in query], batches[seen:])

    in_turn(system, [pool[:1], pool[:TOGETHER], pool[: 4 * TOGETHER]], clock)  # what happens only once happens now
    rows.append(scenario("single stream", rng.integers(len(pool), size=(plan.single, 1)).tolist()))
    rows.append(scenario(f"multi-stream, {TOGETHER}", rng.integers(len(pool), size=(plan.multi, TOGETHER)).tolist()))
    rows.append(scenario("offline", [list(range(len(pool)))]))

    name, most, seen = "server", rows[-1].per_second, len(batches)
    bound = f"p99 at most {plan.tail.bound * 1e3:,.0f} ms"
    say(f"{task.name}: {name}, {bound}, up to {most:.1f} a second ...")
    served = serve(system, pool, most, plan.tail, seed, clock)
    if served.run is None:
        nothing = Quality(0.0, 0.0)
        rows.append(Row(f"{name}, {bound}", 0, 0.0, (), 0.0, 0, nothing, Quality(0.0, 0.0), "no rate holds"))
    else:
        last = _last(batches[seen:], len(served.places))
        rows.append(judge.row(f"{name}, {served.rate:.1f} a second, {bound}", served.run, served.places, last))
    return Measured(tuple(rows), served)


def _last(sizes: Sequence[int], requests: int) -> Sequence[int]:
    """The batches of the last so many requests."""
    start = len(sizes)
    while start and requests > 0:
        start -= 1
        requests -= sizes[start]
    return sizes[start:]


def run_task(
    task: Task, plan: Plan, model: NeoModel, cases: Sequence[Case], options: argparse.Namespace
) -> tuple[Judge, Measured]:
    say(f"{task.name}: {len(cases)} requests alone ...")
    judge = Judge(cases, [answer_alone(model, task.request(case)) for case in cases], options.enough)
    answer = partial(task.answer, model, beams=options.beams)
    with BatchingQueue[Request, Answer](answer, options.batch, options.wait / 1e3) as system:
        return judge, measure(task, plan, system, judge, options.seed, system.sizes)


def say(text: str) -> None:
    print(f"{time.perf_counter() - STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def as_json(task: Task, judge: Judge, plan: Plan, measured: Measured) -> dict[str, Any]:
    rows = [{**asdict(row), "valid": not row.invalid} for row in measured.rows]
    served = measured.served
    return {
        "k": task.k,
        "format": task.format,
        "reference": {"cases": len(judge.cases), **asdict(judge.reference)},
        "plan": asdict(plan),
        "scenarios": rows,
        "server": {"rate": served.rate, "trials": [asdict(trial) for trial in served.trials]},
    }


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the folder that `neo train` or `neo run` wrote")
    parser.add_argument("--quick", action="store_true", help="few requests, within a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured here as well")
    parser.add_argument("--seed", type=int, default=0, help="of the cases, their order and the arrivals")
    parser.add_argument("--enough", type=float, default=0.99, help="the share of the reference's quality to keep")
    parser.add_argument("--beams", type=int, default=BEAMS, help=f"under load; the reference has {BEAMS}")
    parser.add_argument("--batch", type=int, default=32, help="the most requests that are answered together")
    parser.add_argument("--wait", type=float, default=2.0, help="milliseconds that a request waits for company")
    parser.add_argument("--lists-bound", type=float, default=250, help="milliseconds, of the server's p99")
    parser.add_argument("--mixed-bound", type=float, default=2000, help="the same for mixed answers")
    parser.add_argument("--device", help="cpu or cuda, by default the GPU if there is one")
    return parser.parse_args(arguments)


def main() -> None:
    options, load = options_of(), os.getloadavg()[0]
    model = NeoModel.load(options.bundle, options.device)
    asked = plans(options.quick, options.lists_bound / 1e3, options.mixed_bound / 1e3)
    cases = sample_cases(model.bundle, max(plan.cases for plan in asked.values()), options.seed)
    if not cases:
        raise SystemExit(f"{options.bundle} has no listener whose last item is new to them: nothing can be asked.")
    results = {task: run_task(task, plan, model, cases[: plan.cases], options) for task, plan in asked.items()}
    machine = this_machine()
    about = {
        "bundle": options.bundle.name,
        "items": len(model.index),
        "parameters": model.bundle.model.num_parameters(),
        "device": str(model.bundle.model.device),
        "processor": machine.gpu or machine.processor,
        "cores": machine.cores,
        "threads": torch.get_num_threads(),
        "load before": round(load, 1),
        "torch": machine.versions["torch"],
        "seed": options.seed,
        "beams": options.beams,
        "largest batch": options.batch,
        "wait ms": options.wait,
        "seconds": round(time.perf_counter() - STARTED),
    }
    tasks = {task.name: as_json(task, judge, asked[task], measured) for task, (judge, measured) in results.items()}
    found = {"about": about, "machine": machine.model_dump(), "enough": options.enough, "tasks": tasks}
    print(inference_report.markdown(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
