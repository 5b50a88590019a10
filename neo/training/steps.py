"""Steps of a run on disk: each has a folder and a key; a finished step with the same key is used again."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from neo.training.processes import launched, wait

MARKER, ROWS = "step.json", "rows.parquet"


def once(folder: Path, key: str, title: str, make: Callable[[Path], None], say: Callable[[str], None]) -> None:
    """Runs `make(folder)` unless the folder holds the finished result of the same key.

    A folder left by an interrupted run of the same key is handed to `make` again, which resumes from what lies there;
    a folder of another key is emptied first. The marker is written last.

    Of several processes the first one does so, and the others wait until it is done.
    """
    if not launched().first:
        wait(lambda: is_done(folder, key))
        return
    if is_done(folder, key):
        say(f"{title}: reused from {folder}")
        return
    if key_of(folder) != key and folder.exists():
        say(f"{title}: what is in {folder} was made with other settings, and is made anew")
        (folder / MARKER).unlink(missing_ok=True)  # first: a folder that is half gone must not look finished
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(json.dumps({"key": key, "done": False}))
    say(f"{title} ...")
    started = time.perf_counter()
    make(folder)
    (folder / MARKER).write_text(json.dumps({"key": key, "done": True}))
    say(f"{title}: done in {time.perf_counter() - started:.0f} s")


def together(folder: Path, key: str, title: str, make: Callable[[Path], None], say: Callable[[str], None]) -> None:
    """`once`, where several processes make it together; it is the first one that leaves it in the folder."""
    if not launched().first and not is_done(folder, key):
        wait(lambda: key_of(folder) == key)
        make(folder)
    once(folder, key, title, make, say)


def borrow(folder: Path, keys: Mapping[str, str], other: Path, other_keys: Mapping[str, str], without: str) -> None:
    """Copies the finished steps, by name, that have the same key in another run's folder; nothing called `without`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, key in keys.items():
        mine, theirs = folder / name, other / name
        if not is_done(theirs, other_keys[name]) or other_keys[name] != key or mine.exists():
            continue
        waiting = folder / f".{name}"
        shutil.rmtree(waiting, ignore_errors=True)
        shutil.copytree(theirs, waiting, ignore=shutil.ignore_patterns(without))
        waiting.rename(mine)


def is_done(folder: Path, key: str) -> bool:
    """Whether a folder holds the finished result of a key."""
    return _read(folder) == {"key": key, "done": True}


def key_of(folder: Path) -> object:
    """The key that a folder's content is made for, finished or not; None where there is no such folder."""
    return _read(folder).get("key")


def stamps(files: Iterable[Path]) -> list[str]:
    """A line for each file that is there, another one whenever the file has changed."""
    found = [(file, file.stat()) for file in files if file.is_file()]
    return [f"{file} {stat.st_size} {stat.st_mtime_ns}" for file, stat in found]


def _read(folder: Path) -> dict[str, object]:
    try:
        state = json.loads((folder / MARKER).read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
