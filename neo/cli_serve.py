"""`neo serve`: its limits as flags, and what it needs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neo_sdk.errors import ConfigError, NeoError

if TYPE_CHECKING:
    from neo.model.neo_model import NeoModel


def serving(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("bundle", type=Path, help="a bundle's folder; SIGHUP reads it again, from wherever the path then leads")
    add("--host", default="127.0.0.1", help="where to listen (default: this machine only)")
    add("--port", type=int, default=8000)
    add(
        "--key-env",
        default="NEO_API_KEY",
        metavar="NAME",
        help="the variable with the key, or several",
    )
    add("--insecure", action="store_true", help="listen on a network without a key")
    add("--max-body", type=int, default=1 << 20, metavar="BYTES")
    add("--max-messages", type=int, default=256, metavar="N", help="messages of a chat")
    add("--max-message-chars", type=int, default=32_000, metavar="N")
    add("--max-k", type=int, default=100, metavar="N", help="items of an answer")
    add("--max-n", type=int, default=4, metavar="N", help="answers to one chat request")
    add("--max-beams", type=int, default=128, metavar="N")
    add("--max-tokens", type=int, default=1024, metavar="N", help="tokens of text in an answer")
    add("--queue", type=int, default=64, metavar="N", help="requests that may wait; more get a 429")
    add("--batch", type=int, default=16, metavar="N", help="requests that are answered together")
    add("--max-requests", type=int, default=256, metavar="N", help="requests at once, waiting or answered or read")
    add(
        "--threads",
        type=int,
        default=0,
        metavar="N",
        help="of the model on a CPU (default: all cores): 1 answers most where it is small and many ask",
    )
    add("--timeout", type=float, default=120.0, metavar="SECONDS", help="for a whole answer")
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
    from neo.serving.settings import Limits, guarded

    limits = Limits(
        body=options.max_body, messages=options.max_messages, message_chars=options.max_message_chars, k=options.max_k,
        n=options.max_n, beams=options.max_beams, tokens=options.max_tokens, queue=options.queue, batch=options.batch,
        requests=options.max_requests, timeout=options.timeout,
    )  # fmt: skip
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
        values[name] = yaml.safe_load(value)
    return opener(engine, values)
