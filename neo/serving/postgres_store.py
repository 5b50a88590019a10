"""The store in PostgreSQL, for servers on several machines. Needs the extra `postgres`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from neo.catalog.activity import Meeting
from neo.serving.store import StoreError, check_same
from neo_sdk.errors import ConfigError
from neo_sdk.wire import Event

try:
    import psycopg
    from psycopg_pool import ConnectionPool, PoolTimeout
except ImportError as error:
    raise ConfigError("A store in PostgreSQL needs more libraries: pip install 'neo-catalog[postgres]'.") from error

CONNECTIONS = 8
WAIT = 10.0  # seconds for a connection
SCHEMA_LOCK = 0x4E454F  # "NEO": two servers that start together do not both make the table
SCHEMA = """
CREATE TABLE IF NOT EXISTS neo_events (
    place BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    listener TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, time BIGINT NOT NULL, key TEXT,
    UNIQUE (listener, key)
);
CREATE INDEX IF NOT EXISTS neo_events_of ON neo_events (listener, time, place);
"""


class PostgresStore:
    """See `Store`. Connections are checked before they are used: a database that was restarted is found again."""

    def __init__(self, url: str) -> None:
        # Durable whatever the database's default says, and UTF-8 whatever this machine's.
        options: dict[str, Any] = {
            "options": "-c synchronous_commit=on",
            "client_encoding": "utf8",
            "connect_timeout": int(WAIT),
        }
        self._pool = ConnectionPool(
            url, min_size=1, max_size=CONNECTIONS, timeout=WAIT, open=False, kwargs=options,
            check=ConnectionPool.check_connection, name="neo",
        )  # fmt: skip
        try:
            with psycopg.connect(url, **options) as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
                connection.execute(SCHEMA)
            self._pool.open(wait=True, timeout=WAIT)
        except (PoolTimeout, psycopg.Error) as error:
            self._pool.close()
            # The library's own message may quote the URL, and so a password.
            raise ConfigError(f"The store in PostgreSQL cannot be opened ({type(error).__name__}): check it.") from None

    def add(self, listener: str, events: Sequence[Event], now: int) -> None:
        with self._transaction() as connection:
            # One writer of a listener at a time: two with the same keys in another order would wait for each other.
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (listener,))
            for event in events:
                time = now if event.time is None else event.time
                added = connection.execute(
                    "INSERT INTO neo_events (listener, item, kind, time, key) VALUES (%s, %s, %s, %s, %s) "
                    "ON CONFLICT (listener, key) DO NOTHING",
                    (listener, event.item, event.kind, time, event.id),
                )
                if not added.rowcount:
                    there = "SELECT item, kind, time FROM neo_events WHERE listener = %s AND key = %s"
                    found = connection.execute(there, (listener, event.id)).fetchone()
                    assert found is not None  # nothing is ever deleted here, and the listener is locked
                    check_same(event, *found)

    def of(self, listener: str) -> list[Meeting]:
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT item, time FROM neo_events WHERE listener = %s ORDER BY time, place", (listener,)
            )
            return [Meeting(item, time) for item, time in found]

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection]:
        """Committed when the block has ended, undone where it raises."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.Error) as error:
            raise StoreError("The store of events cannot be reached right now: try again.") from error
