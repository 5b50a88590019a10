"""Spaces on disk: nobody ever reads half of one, or one for another."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from neo.listeners.model import Vectors
from neo.listeners.store import CURRENT, VectorStore
from neo_sdk.errors import BundleError, NotFoundError

OLD, NEW = "0" * 15 + "a", "0" * 15 + "b"


def vectors(space: str, value: float, count: int = 50) -> tuple[list[str], Vectors]:
    return [f"u{n}" for n in range(count)], Vectors(space, np.full((count, 3), value, dtype=np.float32))


def test_a_space_is_used_once_it_is_switched_to_and_the_old_one_stays(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "vectors")
    with pytest.raises(NotFoundError, match="no space in use"):
        store.current()
    store.publish(*vectors(OLD, 1.0))
    with pytest.raises(NotFoundError, match=f"no space {NEW}, there are: {OLD}"):
        store.switch(NEW)
    store.switch(OLD)
    store.publish(*vectors(NEW, 2.0, 60))
    assert store.current().of("u3", OLD).tolist() == [1, 1, 1]
    store.switch(NEW)
    assert store.current().of("u59", NEW).tolist() == [2, 2, 2]
    assert store.spaces() == (OLD, NEW) and store.read(OLD).of("u3", OLD).tolist() == [1, 1, 1]


def test_a_consumer_of_another_space_is_refused(tmp_path: Path) -> None:
    store = VectorStore(tmp_path)
    store.publish(*vectors(OLD, 1.0))
    store.switch(OLD)
    with pytest.raises(BundleError, match=f"of the space {OLD}, expected {NEW}"):
        store.current().of("u1", NEW)
    with pytest.raises(NotFoundError, match="no vector of the listener 'nobody' among 50"):
        store.current().of("nobody", OLD)
    for name in ("../outside", "", "current"):
        with pytest.raises(BundleError, match="no name of a space"):
            store.read(name)
    with pytest.raises(BundleError, match="50 listeners, but 2 vectors"):
        store.publish(vectors(OLD, 1.0)[0], vectors(OLD, 1.0, 2)[1])


def test_whoever_reads_while_others_switch_gets_one_space_whole(tmp_path: Path) -> None:
    store = VectorStore(tmp_path)
    for space, value in ((OLD, 1.0), (NEW, 2.0)):
        store.publish(*vectors(space, value, 2_000))
    store.switch(OLD)
    done, wrong = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            snapshot = store.current()
            expected = 1.0 if snapshot.vectors.space == OLD else 2.0
            if not (snapshot.vectors.values == expected).all() or len(snapshot.ids) != 2_000:
                wrong.append(snapshot)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(200):
        store.switch(NEW if turn % 2 else OLD)
    done.set()
    for reader in readers:
        reader.join()
    assert not wrong


def test_a_space_in_use_is_written_again_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = VectorStore(tmp_path)
    store.publish(*vectors(OLD, 1.0))
    store.switch(OLD)
    before = store.current()
    store.publish(*vectors(OLD, 2.0))
    assert before.of("u1", OLD).tolist() == [1, 1, 1] and store.current().of("u1", OLD).tolist() == [2, 2, 2]

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("neo.listeners.store.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        store.publish(*vectors(OLD, 3.0))
    monkeypatch.undo()
    assert store.current().of("u1", OLD).tolist() == [2, 2, 2]
    store.publish(*vectors(NEW, 1.0, 0))
    assert store.read(NEW).ids == ()
    assert (tmp_path / CURRENT).stat().st_mode & 0o044 == (tmp_path / OLD / "vectors.parquet").stat().st_mode & 0o044


def test_what_a_crash_leaves_behind_is_not_a_space(tmp_path: Path) -> None:
    store = VectorStore(tmp_path)
    store.publish(*vectors(OLD, 1.0))
    store.switch(OLD)
    (tmp_path / ".draft-left").mkdir()
    (tmp_path / NEW).mkdir()  # begun, and nothing in it
    with pytest.raises(NotFoundError):
        store.switch(NEW)
    assert (tmp_path / CURRENT).read_text() == OLD and store.current().vectors.space == OLD
    (tmp_path / OLD / "vectors.parquet").write_bytes(b"torn")
    with pytest.raises(BundleError, match="cannot be read"):
        store.current()
