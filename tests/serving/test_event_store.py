"""What listeners do is kept: by many writers at once, through kill -9, once for each key. Both stores, one contract."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from neo.catalog.activity import Meeting
from neo.serving.sqlite_store import SqliteStore
from neo.serving.store import ConflictError, Store, StoreError, open_store
from neo_sdk.errors import ConfigError
from neo_sdk.wire import Event

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
NOBODY = 65_534  # who runs a database where root may not


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database server of our own, in a temporary folder, gone with the tests."""
    found = shutil.which("initdb")
    where = Path(found).resolve().parent if found else (POSTGRES or [None])[0]
    if where is None:
        reason = "no PostgreSQL on this machine (no initdb in PATH or /usr/lib/postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, but CI must test with it")
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="neo-postgres-"))
    user = {"user": NOBODY} if os.getuid() == 0 else {}
    if user:
        os.chown(folder, NOBODY, -1)
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [where / "initdb", "-D", data, "-U", "neo", "-A", "trust", "--no-sync"], check=True, capture_output=True, **user
    )
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    control = [where / "pg_ctl", "-D", data, "-l", log, "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, **user)
    try:
        yield f"postgresql:///postgres?host={folder}&user=neo"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, **user)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'events.sqlite'}"
        return
    found: str = request.getfixturevalue("postgres")
    yield found
    import psycopg

    with psycopg.connect(found) as connection:
        connection.execute("DROP TABLE IF EXISTS neo_events")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def test_what_is_added_is_there_in_the_order_of_time(store: Store, url: str) -> None:
    store.add("l1", [Event(item="b", time=20), Event(item="a", time=10), Event(item="c")], now=15)
    store.add("l2", [Event(item="d", kind="skip")], now=1)
    store.add("l1", [Event(item="e", time=15), Event(item="b", time=20)], now=0)
    wanted = [Meeting("a", 10), Meeting("c", 15), Meeting("e", 15), Meeting("b", 20), Meeting("b", 20)]
    assert store.of("l1") == wanted and store.of("l2") == [Meeting("d", 1)] and store.of("nobody") == []
    again = open_store(url)
    assert again.of("l1") == wanted
    again.close()


def test_one_key_counts_once_and_only_for_the_same_event(store: Store) -> None:
    first = [Event(item="a", time=5, id="k1"), Event(item="b", id="k2")]
    for now in (7, 8):
        store.add("l1", first, now)
    store.add("l2", first, 9)  # somebody else's key
    assert store.of("l1") == [Meeting("a", 5), Meeting("b", 7)] and len(store.of("l2")) == 2
    for other in ({"item": "c", "time": 5}, {"item": "a", "time": 6}, {"item": "a", "time": 5, "kind": "skip"}):
        with pytest.raises(ConflictError, match=r"The event 'k1' .* give another event another id"):
            store.add("l1", [Event(item="new"), Event(id="k1", **other)], 10)
    with pytest.raises(ConflictError):
        store.add("l3", [Event(item="a", id="k"), Event(item="b", id="k")], 10)
    assert len(store.of("l1")) == 2 and store.of("l3") == []  # all of a request or nothing


def test_hostile_words_are_values(store: Store) -> None:
    evil = "'); DROP TABLE events; --\n\u202e🎧%s?"
    store.add(evil, [Event(item=evil, kind="k'\"", id=evil)], 3)
    assert store.of(evil) == [Meeting(evil, 3)] and store.of("'") == []


def test_many_writers_at_once(store: Store, url: str) -> None:
    """Threads on two stores, each with keys of its own and one that all share."""
    other = open_store(url)
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for place in range(20):
                mine, shared = Event(item="i", time=place, id=f"{number}-{place}"), Event(item="x", time=9, id="all")
                (store if number % 2 else other).add("l1", (mine, shared)[:: 1 if place % 2 else -1], 1)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(store.of("l1")) == 8 * 20 + 1 and store.of("l1") == other.of("l1")
    other.close()


WRITER = """
import sys
from neo.serving.store import open_store
from neo_sdk.wire import Event
store, start = open_store(sys.argv[1]), int(sys.argv[2])
for number in range(start, start + 100_000):
    store.add("l1", [Event(item=f"{number}-{part}", time=number, id=f"{number}-{part}") for part in range(3)], 0)
    print(number, flush=True)
"""


def killed(url: str, start: int, after: int) -> list[int]:
    """What a writer says it has written, in a process that is killed somewhere after its n-th event."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url, str(start)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(after)]
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    return said + [int(line) for line in rest if line.endswith("\n")]


def check_kills(url: str, times: int) -> None:
    rng, acknowledged, start = random.Random(0), set[int](), 0
    for _ in range(times):
        said = killed(url, start, rng.randrange(1, 40))
        acknowledged |= set(said)
        start = said[-1] + 2  # the one after the last may be there too
        store = open_store(url)
        found = store.of("l1")
        numbers = [meeting.time for meeting in found]
        assert acknowledged <= set(numbers)
        assert all(numbers.count(number) == 3 for number in set(numbers[-12:]))  # whole requests only
        store.add("l2", [Event(item="x")], 1)
        store.close()


def test_nothing_acknowledged_is_lost_to_kill_9(url: str) -> None:
    check_kills(url, 3)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_to_kill_9_fifty_times(url: str) -> None:
    check_kills(url, 50)


def test_the_file_is_for_its_owner_alone_and_synced(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "events.sqlite")
    store.add("l1", [Event(item="a")], 1)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    pragmas = [store._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    store.close()


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("my notes, which nobody may overwrite " * 99)
    with pytest.raises(ConfigError, match="cannot be opened"):
        open_store(f"sqlite:{text}")
    assert text.read_text().startswith("my notes")
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(ConfigError, match="has the format 7, expected 1"):
        open_store(f"sqlite:{newer}")
    with pytest.raises(ConfigError, match="cannot be opened"):
        open_store(f"sqlite:{tmp_path / 'nowhere' / 'x.sqlite'}")
    for url in ("mysql://u:secret@h/d", "sqlite:", "", "/a/path"):
        with pytest.raises(ConfigError, match="expected sqlite:PATH or postgresql") as caught:
            open_store(url)
        assert "secret" not in str(caught.value)


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "events.sqlite")
    store.add("l1", [Event(item="a")], 1)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="cannot be written right now"):
        store.add("l1", [Event(item="x" * 1_000, time=n) for n in range(1_000)], 1)
    assert store.of("l1") == [Meeting("a", 1)]
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.add("l1", [Event(item="b")], 2)
    assert len(store.of("l1")) == 2
    store.close()


def test_a_database_that_restarts_is_found_again(postgres: str) -> None:
    import psycopg

    store = open_store(postgres)
    store.add("again", [Event(item="a")], 1)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.of("again") == [Meeting("a", 1)]
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP TABLE neo_events")
    with pytest.raises(StoreError, match="cannot be reached right now"):
        store.of("again")
    store.close()
    with pytest.raises(ConfigError) as caught:
        open_store("postgresql://neo:secret@127.0.0.1:1/none?connect_timeout=1")
    assert "secret" not in str(caught.value) and caught.value.__cause__ is None
