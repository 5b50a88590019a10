"""Arrays in a safetensors file: written whole, and read as memory maps, so that ten million items are there at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from neo_sdk.errors import BundleError

DTYPES: dict[str, np.dtype[Any]] = {
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U16": np.dtype("<u2"),
    "BOOL": np.dtype("?"),
}


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], about: dict[str, str]) -> None:
    """Writes one safetensors file with these metadata: beside it first, then renamed."""
    waiting = path.with_name(path.name + ".part")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, waiting, metadata=about)
    waiting.replace(path)


def map_arrays(path: Path, format: str) -> tuple[Mapping[str, str], dict[str, np.ndarray]]:
    """A file's metadata and every array in it (`safe_open` would copy them).

    The maps are private: what is written to one is neither in the file nor anywhere else. Raises BundleError for a
    file that is not a sound safetensors file of this format.
    """
    try:
        with safe_open(path, framework="numpy") as file:  # checks the header against the file's size
            about = file.metadata() or {}
        if about.get("format") != format:
            raise BundleError(f"{path}: expected the format {format}, got {about.get('format')!r}")
        with path.open("rb") as raw:
            length = int.from_bytes(raw.read(8), "little")
            header = json.loads(raw.read(length))
        header.pop("__metadata__")
        return about, {name: _map(path, 8 + length, entry) for name, entry in header.items()}
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BundleError(f"{path}: cannot be read: {error}") from error


def _map(path: Path, data: int, entry: Mapping[str, Any]) -> np.ndarray:
    dtype, shape = DTYPES[entry["dtype"]], tuple(entry["shape"])
    if 0 in shape:  # there is nothing to map
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "c", data + entry["data_offsets"][0], shape)
