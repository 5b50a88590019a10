"""Folders that are written whole or not at all, and the manifest that says what belongs into one."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neo_sdk.errors import BundleError

MANIFEST, CARD = "manifest.json", "README.md"
# What a hub puts beside a bundle, and what people write there. It is never read.
BESIDE = (CARD, ".gitattributes", "LICENSE", ".cache/huggingface/")
FORMAT = 6  # 3: a history is one span; 4: of a long past each type is read; 5: soft prompts; 6: asides
SUFFIXES = (".safetensors", ".json", ".parquet")  # formats that cannot run code when they are read
LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "pyarrow")
SMALL = 1 << 20


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place when the block ends without an error.

    An older bundle there is moved aside first, so for a moment only `place_of` finds one: whenever the
    process is killed, it finds the old or the new one, whole. Raises BundleError rather than replace what is
    no bundle, and where the disk refuses.
    """
    folder = folder.absolute()
    if folder.is_symlink() or (folder.exists() and not _replaceable(folder)):
        raise BundleError(f"{folder} exists and is no bundle: it is left alone. Give a new place, or remove it.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.part")
    draft.mkdir()
    try:
        yield draft
        old = _aside(folder)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)  # left by a save that was killed
            os.rename(folder, old)
        os.rename(draft, folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {error}. Free some space or give a new place.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def place_of(folder: Path) -> Path:
    """Where the bundle `folder` lies: there, or aside, if a save was killed between two renames."""
    if not folder.exists() and (_aside(folder) / MANIFEST).is_file():
        return _aside(folder)
    return folder


def write_manifest(folder: Path, parts: Mapping[str, Any]) -> None:
    """Lists every file of the folder with its size and SHA-256, and brings all of them to the disk.

    parts: fingerprints and sizes by which parts recognize each other.
    """
    files = {name: {"bytes": path.stat().st_size, "sha256": _sha256(path)} for name, path in _files(folder).items()}
    manifest = {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in LIBRARIES}},
        "parts": dict(parts),
        "files": files,
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    for place in (*_files(folder).values(), path, *(p for p in folder.rglob("*") if p.is_dir()), folder):
        _sync(place)


def check_manifest(folder: Path, verify: bool = True) -> Mapping[str, Any]:
    """The manifest's `parts`, once every file is what it says; BundleError names the first that is not.

    Without `verify`, files of a megabyte and more are checked by their size only.
    """
    manifest = _read(folder)
    listed, found = manifest["files"], _files(folder)
    for name in sorted(found.keys() | listed.keys()):
        if name not in found:
            raise BundleError(f"{folder}: {name} is missing. Copy the bundle again, or save it again.")
        if not name.endswith(SUFFIXES):
            raise BundleError(
                f"{folder}: {name} is refused: a bundle holds only {', '.join(SUFFIXES)} files, since others "
                f"(pickles, code) can do anything when they are read. Get the bundle from someone you trust."
            )
        if name not in listed:
            raise BundleError(f"{folder}: {name} is not listed in {MANIFEST}. Remove it, or save the bundle again.")
        expected, size = listed[name], found[name].stat().st_size
        hashed = verify or size < SMALL
        if size != expected["bytes"] or (hashed and _sha256(found[name]) != expected["sha256"]):
            raise BundleError(
                f"{folder}: {name} is not the file that was saved here ({size} bytes, expected "
                f"{expected['bytes']}): it was changed or damaged. Copy the bundle again, or save it again."
            )
    return manifest["parts"]


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = manifest["format"]
        if version == FORMAT:
            files = manifest["files"]
            if not isinstance(manifest["parts"], dict) or not all(
                f.keys() >= {"bytes", "sha256"} for f in files.values()
            ):
                raise ValueError("its entries are incomplete")
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"{folder} holds no {MANIFEST}: it is no bundle, or not a complete one.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{path} cannot be read: {error}. Copy the bundle again, or save it again.") from error
    if version != FORMAT:
        raise BundleError(
            f"{path} has format {version!r}, this version reads format {FORMAT}: "
            f"use the version of neo that wrote the bundle, or train it again with this one."
        )
    return manifest


def _files(folder: Path) -> dict[str, Path]:
    """Every file of the folder but the manifest and what lies beside the bundle, by its path inside it."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if not path.is_dir()}
    beside = {name for name in found if name in BESIDE or name.startswith(BESIDE[-1])}
    paths = {name: path for name, path in found.items() if name not in beside}
    for name, path in paths.items():
        if path.is_symlink() or not path.is_file():
            raise BundleError(f"{folder}: {name} is no plain file. A bundle holds its files itself: put a copy there.")
    paths.pop(MANIFEST, None)
    return paths


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MANIFEST).is_file() or not any(folder.iterdir()))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None
