"""How the decoding benchmark times: a clock on whatever asks the constraint, methods in turn, every answer checked."""

from __future__ import annotations

import ctypes
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from decoding_catalogs import LEVELS, Catalog
from decoding_peers import Answer
from decoding_processor import SpanProcessor
from transformers.generation.logits_process import PrefixConstrainedLogitsProcessor

from neo.decoding.index import SidIndex
from neo.decoding.levels import Levels
from neo.decoding.lookup import Lookup

STARTED = time.perf_counter()

# ---- The seams: the only lines of this benchmark that know how the decoder asks what may follow ----


@dataclass
class Clock:
    """Seconds within the constraint, and when it was first asked what may follow."""

    spent: float = 0.0
    first: float | None = None
    inside: bool = False

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if self.inside:
                return call(*args, **kwargs)
            self.inside, started = True, time.perf_counter()
            self.first = self.first or started
            try:
                return call(*args, **kwargs)
            finally:
                self.inside, self.spent = False, self.spent + time.perf_counter() - started

        return run


@contextmanager
def constraint_seam(clock: Clock, everything: bool = False) -> Iterator[None]:
    """Times every question to the constraint, ours and the peers'. `everything`: ours answers that all may follow."""
    questions = (
        (Levels, "_lookup"),  # made once a search, when the prompt is read
        (Levels, "masks"),  # of a level
        (Lookup, "rows"),  # which rows the last level's tuples name
        (SpanProcessor, "__call__"),
        (PrefixConstrainedLogitsProcessor, "__call__"),
    )

    def all_codes(lookup: Lookup, _: torch.Tensor, prefixes: torch.Tensor, __: int) -> torch.Tensor:
        return torch.ones((len(prefixes), lookup.size), dtype=torch.bool)

    with ExitStack() as stack:
        for owner, name in questions:
            stack.enter_context(patch.object(owner, name, clock.timed(getattr(owner, name))))
        if everything:
            stack.enter_context(patch.object(Lookup, "allowed", all_codes))
        yield


def level_kernel(index: SidIndex, name: str) -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
    """One level of the search over a codebook, logits [beams, K]: what `masked_row` does with whole rows."""
    lookup = Lookup([index.of(name)])

    def level(
        logits: torch.Tensor, scores: torch.Tensor, prefixes: torch.Tensor, at: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        allowed = lookup.allowed(torch.zeros_like(prefixes), prefixes, at)
        total = scores[:, None] + logits.masked_fill(~allowed, -torch.inf).log_softmax(dim=-1)
        best = total.flatten().topk(len(scores))
        return best.values, best.indices

    return level


# ---- Measuring ----


@dataclass(frozen=True)
class Case:
    """A row of the table to be: `run` takes a prompt and names items. Answers are checked against `catalog`."""

    method: str
    items: int
    beams: int
    repeats: int
    bytes_per_item: float | None
    catalog: Catalog
    run: Callable[[list[int]], list[Answer]]
    free: bool = False  # our search with the constraint answering that everything may follow


@dataclass
class Row:
    """A line of the table. Times in milliseconds, the median of each; `error` says why nothing was run."""

    model: str
    items: int
    beams: int
    method: str
    bytes_per_item: float | None
    error: str | None = None
    repeats: int = 0
    ms: float | None = None
    all_ms: list[float] = field(default_factory=list)
    prompt_ms: float | None = None
    step_ms: float | None = None
    share: float | None = None
    memory_mb: float | None = None
    answers: int = 0
    missing: int = 0
    invalid: int = 0
    filler: int = 0
    duplicates: int = 0

    def check(self, answers: Sequence[Answer], catalog: Catalog) -> None:
        """Counts what is wrong with one search's answers. Filler has the score of an impossible sequence."""
        rows = [catalog.row(answer.type, answer.codes) if answer.type else -1 for answer in answers]
        named = [row for row in rows if row >= 0]
        self.answers += len(answers)
        self.missing += self.beams - len(answers)
        self.duplicates += len(named) - len(set(named))
        self.filler += sum(answer.score is not None and not answer.score > -1e6 for answer in answers)
        self.invalid += sum(
            row < 0 or (answer.row is not None and answer.row != row) for row, answer in zip(rows, answers, strict=True)
        )


def say(text: str) -> None:
    print(f"{time.perf_counter() - STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def memory(key: str) -> int:
    """VmRSS (now) or VmHWM (at the highest) of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def memory_now() -> list[int]:
    """What the process has, which from now on counts as its highest; nothing where the system is not Linux.

    What was freed is given back first, or the next search would take it up again unseen.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        return [memory("VmRSS")]
    return []


def measure(model: str, cases: Sequence[Case], prompts: Sequence[list[int]]) -> list[Row]:
    """All cases in turn, once for each prompt, every other time in the opposite order."""
    for case in cases:
        case.run(prompts[0][-8:])  # whatever happens only once happens now
    rows = [Row(model, case.items, case.beams, case.method, case.bytes_per_item) for case in cases]
    parts: list[dict[str, list[float]]] = [{"prompt": [], "step": [], "share": [], "memory": []} for _ in cases]
    for repeat in range(max(case.repeats for case in cases)):
        turn = [place for place, case in enumerate(cases) if repeat < case.repeats]
        for place in turn if repeat % 2 == 0 else turn[::-1]:
            clock, row, part = Clock(), rows[place], parts[place]
            before = memory_now() if repeat == 0 else []
            with constraint_seam(clock, cases[place].free):
                started = time.perf_counter()
                answers = cases[place].run(prompts[repeat])
                ended = time.perf_counter()
            part["memory"] += [memory("VmHWM") - start for start in before]
            row.all_ms.append((ended - started) * 1e3)
            if clock.first is not None:
                part["prompt"].append((clock.first - started) * 1e3)
                part["step"].append((ended - clock.first) * 1e3 / LEVELS)
                part["share"].append(clock.spent / (ended - clock.first))
            row.check(answers, cases[place].catalog)
            say(f"{model}, {row.items:,} items, {row.beams} beams, {row.method}: {row.all_ms[-1]:.0f} ms")
    for row, part, case in zip(rows, parts, cases, strict=True):
        row.repeats, row.ms = case.repeats, statistics.median(row.all_ms)
        row.memory_mb = max(part["memory"]) / 1e6 if part["memory"] else None
        if part["step"]:
            row.prompt_ms, row.step_ms = statistics.median(part["prompt"]), statistics.median(part["step"])
            row.share = None if case.free else statistics.median(part["share"])
    return rows
