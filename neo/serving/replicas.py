"""A server that runs several times at once: what it is told, and what has to be the same for all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from neo.catalog.strict import Strict
from neo.serving.served import version_of
from neo.serving.settings import Limits, Settings, guarded
from neo.serving.store import beside
from neo_sdk.errors import ConfigError

ANYWHERE = "0.0.0.0"  # whom Ray's proxy listens to is not known to who answers


class Replicas(Strict):
    """The arguments of `neo.serving.ray_app:app`: what `neo serve` has flags for, except where it listens."""

    bundle: Path
    replicas: int = Field(default=1, ge=1)
    engine: Literal["embedded", "vllm"] = "embedded"
    vllm: dict[str, Any] = Field(default={}, description="options of vLLM's, such as gpu_memory_utilization")
    cpus: float = Field(default=1, gt=0, description="cores of each replica")
    gpus: float = Field(default=0, ge=0, description="GPUs of each replica")
    store: str | None = Field(default=None, description="where events go (default: NEO_STORE, or beside the bundle)")
    key_env: str = Field(default="NEO_API_KEY", description="the variable with the key, or several")
    insecure: bool = Field(default=False, description="answer without a key")
    limits: Limits = Limits()
    log_prompts: bool = False

    @model_validator(mode="after")
    def _options_fit(self) -> Replicas:
        if self.vllm and self.engine != "vllm":
            raise ValueError("`vllm` has options of an engine that does not run: say engine=vllm too, or leave it out")
        return self

    def told(self) -> Told:
        """What each of them is told. ConfigError where anybody could ask; BundleError where there is no bundle."""
        keys = os.environ.get(self.key_env, "")
        if not keys.strip(" ,") and not self.insecure:
            raise ConfigError(
                f"{self.key_env} holds no key, and replicas cannot see who reaches Ray's proxy: put a key into it, or "
                f"pass insecure=true if a proxy before it checks who asks."
            )
        settings = guarded(ANYWHERE, keys, self.key_env, self.insecure, self.limits, self.log_prompts)
        bundle = self.bundle.resolve()
        version = version_of(bundle)
        store = self.store or os.environ.get("NEO_STORE") or beside(bundle)
        kind, _, path = store.partition(":")
        if kind == "sqlite":  # a replica has a working directory of its own
            store = f"sqlite:{Path(path.removeprefix('//')).absolute()}"
        return Told(bundle, version, settings, store, self.engine, self.vllm)


@dataclass(frozen=True)
class Told:
    """What a replica is told. version: of the bundle, so that another one under the same path makes new replicas."""

    bundle: Path
    version: str
    settings: Settings
    store: str = field(repr=False)  # it may hold a password
    engine: str
    options: dict[str, Any]

    @property
    def one_machine(self) -> bool:
        """Whether all replicas must be on one machine, since there is the file that holds what listeners did."""
        return self.store.startswith("sqlite:")
