"""`neo serve`: its limits as flags, and what it needs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neo.serving.settings import Limits, guarded
from neo_sdk.errors import ConfigError, NeoError

if TYPE_CHECKING:
    from neo.model.neo_model import NeoModel


LIMITS = {  # flag -> the field of `Limits`, its unit, what it is
    "--max-body": ("body", "BYTES", "of a request"),
    "--max-messages": ("messages", "N", "messages of a chat"),
    "--max-message-chars": ("message_chars", "N", "characters of one of them"),
    "--max-k": ("k", "N", "items of an answer"),
    "--max-n": ("n", "N", "answers to one chat request"),
    "--max-beams": ("beams", "N", "beams of a search"),
    "--max-tokens": ("tokens", "N", "tokens of text in an answer"),
    "--queue": ("queue", "N", "requests that may wait; more get a 429"),
    "--batch": ("batch", "N", "requests that are answered together"),
    "--max-requests": ("requests", "N", "requests at once, waiting or answered or read"),
    "--timeout": ("timeout", "SECONDS", "for a whole answer"),
}


def serving(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("bundle", type=Path, help="a bundle's folder; SIGHUP reads it again, from wherever the path then leads")
    add("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    add("--port", type=int, default=8000, help="(default: 8000)")
    add(
        "--key-env",
        default="NEO_API_KEY",
        metavar="NAME",
        help="the variable with the key, or with keys and commas between (default: NEO_API_KEY)",
    )
    add("--insecure", action="store_true", help="listen on a network without a key")
    for flag, (name, unit, text) in LIMITS.items():
        default = getattr(Limits, name)
        add(flag, type=type(default), default=default, metavar=unit, help=f"{text} (default: {default:,})", dest=name)
    add(
        "--threads",
        type=int,
        default=0,
        metavar="N",
        help="of the model on a CPU (default: all cores): 1 answers most where it is small and many ask",
    )
    add(
        "--store",
        metavar="URL",
        help="where events go (default: NEO_STORE, or a file beside the bundle)",
    )
    add("--engine", choices=("embedded", "vllm"), default="embedded", help="what runs the model (docs/vllm.md)")
    add(
        "--vllm",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="an option of vLLM's, such as gpu_memory_utilization=0.4; again for another",
    )
    add("--log-prompts", action="store_true", help="write what is asked to the log")


def serve(options: argparse.Namespace) -> None:
    try:
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise NeoError("Serving needs a few more libraries: pip install 'neo-catalog[serve]'.") from error
    if sys.stderr.isatty():  # torch takes seconds to import; what reads a log needs no word on it
        print(f"neo: loading {options.bundle} ...", file=sys.stderr, flush=True)
    from neo.serving.run import serve as run

    limits = Limits(**{name: getattr(options, name) for name, _, _ in LIMITS.values()})
    keys = os.environ.get(options.key_env, "")
    _use_threads(options.threads)
    settings = guarded(options.host, keys, options.key_env, options.insecure, limits, options.log_prompts)
    store = options.store or os.environ.get("NEO_STORE")
    run(options.bundle, options.host, options.port, settings, store, _opener(options.engine, options.vllm))


def _use_threads(count: int) -> None:
    """0: as torch has it."""
    if count < 0:
        raise ConfigError(f"--threads is {count}, expected 1 or more: pass as many as the model may have.")
    if count:
        import torch

        torch.set_num_threads(count)


def _opener(engine: str, given: Sequence[str]) -> Callable[[Path], NeoModel]:
    """How a bundle is read for an engine."""
    import yaml

    from neo.serving.engines import opener

    if engine == "embedded" and given:
        raise ConfigError(f"--vllm {given[0]} is for another engine: pass --engine vllm too, or leave it out.")
    values = {}
    for option in given:
        name, is_there, value = option.partition("=")
        if not is_there or not name.isidentifier():
            raise ConfigError(f"--vllm got {option!r}, expected OPTION=VALUE: write it as max_num_seqs=256.")
        try:
            values[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ConfigError(
                f"--vllm got {option!r}, whose value is no YAML: quote it, as in NAME='\"a text\"'."
            ) from None
    return opener(engine, values)
