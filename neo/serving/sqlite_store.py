"""The store in one file beside the bundle: SQLite, whose log is on the disk before an event is acknowledged."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from neo.catalog.activity import Meeting
from neo.serving.store import StoreError, check_same
from neo_sdk.errors import ConfigError
from neo_sdk.wire import Event

FORMAT = 1
WAIT = 30.0  # seconds for other writers
SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    listener TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, time INTEGER NOT NULL, key TEXT,
    UNIQUE (listener, key)
);
CREATE INDEX IF NOT EXISTS events_of ON events (listener, time, place);
"""


class SqliteStore:
    """See `Store`. Every thread has a connection of its own; writers wait for each other."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # it says who listens to what
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
            if found not in (0, FORMAT):
                raise ConfigError(
                    f"The store {self.path} has the format {found}, expected {FORMAT}: give another file."
                )
            with self._writing() as connection:
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
        except (OSError, sqlite3.Error, StoreError) as error:
            raise ConfigError(f"The store {self.path} cannot be opened: {error}. Give another file.") from error

    def add(self, listener: str, events: Sequence[Event], now: int) -> None:
        with self._writing() as connection:
            for event in events:
                time = now if event.time is None else event.time
                row = (listener, event.item, event.kind, time, event.id)
                added = connection.execute(
                    "INSERT INTO events (listener, item, kind, time, key) VALUES (?, ?, ?, ?, ?) "
                    "ON CONFLICT (listener, key) DO NOTHING",
                    row,
                )
                if not added.rowcount:
                    there = "SELECT item, kind, time FROM events WHERE listener = ? AND key = ?"
                    check_same(event, *connection.execute(there, (listener, event.id)).fetchone())

    def of(self, listener: str) -> list[Meeting]:
        try:
            found = self._connection.execute(
                "SELECT item, time FROM events WHERE listener = ? ORDER BY time, place", (listener,)
            )
            return [Meeting(item, time) for item, time in found]
        except sqlite3.Error as error:
            raise StoreError("The store of events cannot be read right now: try again.") from error

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()

    @property
    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._mine, "connection"):
            # Each thread uses its own; `check_same_thread` would keep `close` from closing them.
            made = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = FULL")
            self._mine.connection = made
            with self._lock:
                self._all.append(made)
        connection: sqlite3.Connection = self._mine.connection
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on the disk when the block has ended, undone where it raises."""
        try:
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")  # a reader that became a writer would not be let wait
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreError("The store of events cannot be written right now: try again.") from error
