"""Ray, started as NEO wants it: on this machine unless told otherwise, and reporting to nobody."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Literal

from neo_sdk.errors import ConfigError


def import_ray(part: Literal["data", "serve"]) -> ModuleType:
    """Ray with Ray Data or Ray Serve, told to keep its usage to itself. ConfigError where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it reports to its makers otherwise
    try:
        importlib.import_module(f"ray.{part}")
        return importlib.import_module("ray")
    except ImportError as error:
        raise ConfigError(f"Ray is not all there ({error}): pip install 'neo-catalog[ray]'.") from error


@contextmanager
def ray_session() -> Iterator[ModuleType]:
    """Ray with Ray Data for as long as the block lasts: the one that this process has begun already, the cluster of
    RAY_ADDRESS, or one of its own on this machine."""
    ray = import_ray("data")
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    if ray.is_initialized():
        yield ray
        return
    if address := os.environ.get("RAY_ADDRESS"):
        ray.init(address, log_to_driver=False, logging_level=logging.WARNING)
    else:
        ray.init("local", include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    try:
        yield ray
    finally:
        ray.shutdown()
