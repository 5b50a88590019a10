"""Latent semantic analysis: TF-IDF over words and pairs of words, then a truncated SVD. Needs no model files.

scikit-learn does both. What is stored is its vocabulary, weights and components (JSON and safetensors, no
pickle), and a loaded embedder puts them back into scikit-learn's own TfidfVectorizer, so there is one
implementation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from neo.sids.quantize import one_thread
from neo_sdk.errors import BundleError, ConfigError

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

FIT_TEXTS = 200_000  # a seeded sample of this many texts bounds the memory that counting pairs of words takes
MAX_FEATURES = 50_000
CHUNK = 8_192
WORDS = r"(?u)\b\w+\b"


def learned_from(count: int, seed: int) -> np.ndarray:
    """int64, ascending: which of `count` texts LSA learns from, all or a sample."""
    if count <= FIT_TEXTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, FIT_TEXTS, replace=False))


class LsaEmbedder:
    """Texts to float32 [n, dim], rows of length 1 (of length 0 for a text without a known word)."""

    name = "lsa"

    def __init__(self, vocabulary: Sequence[str], idf: np.ndarray, components: np.ndarray) -> None:
        """vocabulary: the features in order. idf: float32 [features]. components: float32 [dim, features]."""
        self.vocabulary, self.idf, self.components = tuple(vocabulary), idf, components

    @classmethod
    def fit(cls, texts: Sequence[str], dim: int = 128, seed: int = 0) -> LsaEmbedder:
        """Learn from texts, at least one. `dim` shrinks to what few or equal texts can fill.

        Left out are English stop words (on 8,686 audiobooks, two books of one author then share their first
        code in 42% of cases, else in 35%) and, once there are 50 texts, words in only one or in half of
        them. Stop words of other languages weigh little by their frequency alone.
        """
        if not texts:
            raise ConfigError("LSA got no texts to learn from: the catalog, or the part before the cut, is empty")
        if len(texts) > FIT_TEXTS:
            texts = [texts[place] for place in learned_from(len(texts), seed)]
        from sklearn.decomposition import TruncatedSVD

        vectorizer, counts = _fit_words(texts)
        vocabulary = vectorizer.get_feature_names_out().tolist()
        width = min(dim, len(texts), len(vocabulary))
        components = np.ones((1, 1), dtype=np.float32)
        if len(vocabulary) > 1:  # scikit-learn decomposes nothing narrower
            # Texts that are all equal have no variance, and its share of the total warns of 0 / 0.
            with one_thread(), np.errstate(invalid="ignore"):
                svd = TruncatedSVD(width, random_state=seed).fit(counts)
            components = np.ascontiguousarray(svd.components_, dtype=np.float32)
        return cls(vocabulary, vectorizer.idf_.astype(np.float32), components)

    @property
    def dim(self) -> int:
        return self.components.shape[0]

    @cached_property
    def _vectorizer(self) -> TfidfVectorizer:
        vectorizer = _vectorizer(vocabulary={word: place for place, word in enumerate(self.vocabulary)})
        vectorizer.idf_ = self.idf
        return vectorizer

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n, dim]."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        with one_thread():
            for start in range(0, len(texts), CHUNK):
                words = self._vectorizer.transform(texts[start : start + CHUNK])
                vectors[start : start + CHUNK] = words @ self.components.T
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-6)

    def save(self, folder: Path) -> None:
        """Two files in an existing folder: vocabulary.json and lsa.safetensors."""
        (folder / "vocabulary.json").write_text(json.dumps(self.vocabulary, ensure_ascii=False), encoding="utf-8")
        save_file({"idf": self.idf, "components": self.components}, folder / "lsa.safetensors")

    @classmethod
    def load(cls, folder: Path) -> LsaEmbedder:
        """Raises BundleError where the files are missing or do not fit together."""
        try:
            vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "lsa.safetensors")
            idf, components = tensors["idf"], tensors["components"]
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            raise BundleError(f"{folder}: not a readable LSA embedder: {error}") from error
        words = len(vocabulary) if isinstance(vocabulary, list) else -1
        if idf.shape != (words,) or components.shape[1:] != (words,):
            raise BundleError(
                f"{folder}: {words} words, idf {idf.shape} and components {components.shape} do not match"
            )
        return cls(vocabulary, idf, components)


def _vectorizer(**settings: Any) -> TfidfVectorizer:
    # It takes seconds to import, and asking a model needs none of it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=WORDS,
        ngram_range=(1, 2),
        sublinear_tf=True,
        dtype=np.float32,
        **settings,
    )


def _fit_words(texts: Sequence[str]) -> tuple[TfidfVectorizer, Any]:
    """A fitted vectorizer and the TF-IDF matrix of the texts."""
    enough = len(texts) >= 50
    for limits in ({"min_df": 2, "max_df": 0.5}, {"min_df": 1, "max_df": 1.0}) if enough else ({},):
        vectorizer = _vectorizer(max_features=MAX_FEATURES, **limits)
        try:
            return vectorizer, vectorizer.fit_transform(texts)
        except ValueError:  # no word passed: fifty texts of one text, say
            continue
    vectorizer = _vectorizer(vocabulary={"": 0})  # no text has a word in it: all embed to zero
    return vectorizer, vectorizer.fit_transform(texts)
