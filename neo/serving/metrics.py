"""What is counted, for Prometheus. Labels have few values: routes, statuses, kinds of batches; never what was asked."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from neo_sdk.types import Answer

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """One server's numbers, in a registry of their own: two servers in a process count apart."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter("neo_requests", "Requests answered", ["route", "status"], registry=registry)
        self.seconds = Histogram(
            "neo_request_seconds", "From a request to the end of its answer", ["route"], buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.first = Histogram(
            "neo_first_piece_seconds", "From a streamed request to its first text or item", ["kind"], buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.batches = Histogram(
            "neo_batch_size", "Requests answered together", ["kind"], buckets=SIZES, registry=registry
        )
        self.tokens = Counter("neo_tokens", "Tokens read and written", ["kind"], registry=registry)
        self.cancelled = Counter("neo_cancelled", "Requests that nobody waited for to the end", registry=registry)
        self.events = Counter("neo_events", "Events accepted", registry=registry)
        self.reloads = Counter("neo_reloads", "Bundles loaded, or refused", ["result"], registry=registry)
        self.bundle = Gauge("neo_bundle_info", "The bundle that answers", ["name", "version"], registry=registry)
        Gauge("neo_queue", "Requests that wait", registry=registry).set_function(waiting)

    def count(self, *answers: Answer) -> None:
        for answer in answers:
            self.tokens.labels("prompt").inc(answer.usage.prompt_tokens)
            self.tokens.labels("answer").inc(answer.usage.answer_tokens)

    def first_piece(self, kind: str) -> Callable[[], None]:
        """To be called with every piece of a stream; the first call counts how long it took from here."""
        began: list[float] = [time.perf_counter()]

        def said() -> None:
            if began:
                self.first.labels(kind).observe(time.perf_counter() - began.pop())

        return said

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)
