"""What listeners did after a bundle was made. It is kept until somebody takes it away, and survives any end of the
process: an event is acknowledged once it is on the disk.

Both stores know an event by its listener and the key that the caller gave it: sent again it counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from neo.catalog.activity import Meeting
from neo_sdk.errors import ConfigError, NeoError
from neo_sdk.wire import Event


class StoreError(NeoError):
    """What listeners did cannot be written or read right now."""

    code = "store"


class ConflictError(NeoError):
    """A request contradicts what was accepted under the same idempotency key."""

    code = "conflict"


class Store(Protocol):
    """Safe to share between threads and between processes. StoreError where it cannot be reached."""

    def add(self, listener: str, events: Sequence[Event], now: int) -> None:
        """All of the events, or none with ConflictError: `now` (seconds) for those without a time. Returns once they
        are durable."""

    def of(self, listener: str) -> list[Meeting]:
        """What a listener did, in the order of time."""

    def close(self) -> None: ...


def beside(bundle: Path) -> str:
    """The store of a bundle whose server was told of none: a file beside it."""
    return f"sqlite:{bundle.with_name(bundle.name + '.events.sqlite')}"


def open_store(url: str) -> Store:
    """`sqlite:PATH` or `postgresql://...`; ConfigError for anything else, or where it cannot be opened."""
    kind, _, rest = url.partition(":")
    if kind == "sqlite" and rest:
        from neo.serving.sqlite_store import SqliteStore

        return SqliteStore(rest.removeprefix("//"))
    if kind in ("postgresql", "postgres"):
        from neo.serving.postgres_store import PostgresStore

        return PostgresStore(url)
    # The rest of a URL may hold a password.
    raise ConfigError(f"store begins with {kind!r:.40}, expected sqlite:PATH or postgresql://HOST/DATABASE: pass one.")


def check_same(event: Event, item: str, kind: str, time: int) -> None:
    """ConflictError unless an event is what was stored under its key."""
    if (event.item, event.kind, time if event.time is None else event.time) != (item, kind, time):
        raise ConflictError(
            f"The event {event.id!r} is {event.kind!r} of {event.item!r}, but what was accepted under this id is "
            f"{kind!r} of {item!r} at {time}: give another event another id."
        )
