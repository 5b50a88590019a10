"""A step runs once; an interrupted one is handed its folder again; another key starts afresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo.training.steps import borrow, is_done, once


def test_once(tmp_path: Path) -> None:
    calls: list[list[str]] = []
    folder = tmp_path / "step"

    def make(place: Path) -> None:
        calls.append(sorted(path.name for path in place.iterdir() if path.suffix == ".txt"))
        (place / f"{len(calls)}.txt").touch()

    for key in ("a", "a", "b"):
        once(folder, key, "title", make, lambda _: None)
    assert calls == [[], []]
    assert [path.name for path in folder.glob("*.txt")] == ["2.txt"]


def test_an_interrupted_step_goes_on_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "step"

    def fail(place: Path) -> None:
        (place / "checkpoint.txt").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(folder, "a", "title", fail, lambda _: None)
    seen: list[bool] = []
    once(folder, "a", "title", lambda place: seen.append((place / "checkpoint.txt").exists()), lambda _: None)
    assert seen == [True]


def test_a_folder_that_is_half_gone_is_not_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "step"
    once(folder, "a", "title", lambda place: (place / "weights.txt").touch(), lambda _: None)
    assert is_done(folder, "a") and not is_done(folder, "b")

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("neo.training.steps.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            once(folder, "b", "title", lambda _: None, lambda _: None)
    assert not is_done(folder, "a")
    made: list[Path] = []
    once(folder, "a", "title", made.append, lambda _: None)
    assert made == [folder] and not (folder / "weights.txt").exists()


def test_what_is_the_same_is_borrowed_but_no_gigabytes(tmp_path: Path) -> None:
    def make(place: Path) -> None:
        (place / "vectors").mkdir()
        (place / "vectors" / "00000.npy").touch()
        (place / "table").touch()

    for name in ("sids", "other"):
        once(tmp_path / "theirs" / name, name, name, make, lambda _: None)
    keys, theirs = {"sids": "sids", "other": "changed"}, {"sids": "sids", "other": "other"}
    borrow(tmp_path / "mine", keys, tmp_path / "theirs", theirs, without="vectors")
    assert sorted(path.name for path in (tmp_path / "mine" / "sids").iterdir()) == ["step.json", "table"]
    assert is_done(tmp_path / "mine" / "sids", "sids") and not (tmp_path / "mine" / "other").exists()
