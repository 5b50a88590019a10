"""Text embedding: what an embedder is, and which ones there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from neo.sids.lsa import LsaEmbedder
from neo.sids.neural import NeuralEmbedder
from neo_sdk.errors import BundleError, ConfigError


class Embedder(Protocol):
    """Texts to vectors of length 1. Equal texts have equal vectors."""

    name: str

    @property
    def dim(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n, dim]."""

    def save(self, folder: Path) -> None:
        """Into an existing folder."""


def make_embedder(name: str, texts: Sequence[str], dim: int, seed: int) -> Embedder:
    """The embedder called `name`: lsa (fitted to the texts, `dim` wide), minilm, or st:NAME_OR_FOLDER."""
    if name == "lsa":
        return LsaEmbedder.fit(texts, dim, seed)
    if name == "minilm" or (name.startswith("st:") and len(name) > 3):
        return NeuralEmbedder(name)
    raise ConfigError(f"no embedder {name!r}: choose lsa, minilm, or st: and a sentence-transformers name or folder")


def save_embedder(embedder: Embedder, folder: Path) -> None:
    """Write the embedder into a new folder."""
    folder.mkdir(parents=True)
    (folder / "embedder.json").write_text(json.dumps({"name": embedder.name}), encoding="utf-8")
    embedder.save(folder)


def load_embedder(folder: Path) -> Embedder:
    """What `save_embedder` wrote. Raises BundleError where files are missing or damaged."""
    try:
        name = json.loads((folder / "embedder.json").read_text(encoding="utf-8"))["name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{folder}: not a readable embedder: {error}") from error
    return LsaEmbedder.load(folder) if name == LsaEmbedder.name else NeuralEmbedder.load(folder)
