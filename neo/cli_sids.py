"""`neo sids`: who makes them, and what is shown of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from neo_sdk.errors import ConfigError


def sids_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--picture", type=Path, metavar="PNG", help="draw the report here")
    add("--engine", choices=("here", "ray"), default="here", help="`ray`: for catalogs beyond memory (docs/ray.md)")
    add("--embedders", type=int, metavar="N", help="how many, with --engine ray (default: one for each GPU, or core)")


def show_sids(options: argparse.Namespace, say: Callable[[str], None]) -> None:
    from neo.training import pipeline

    if options.engine == "ray":
        if options.picture:
            raise ConfigError("--picture needs all vectors in memory: leave it out, or --engine ray.")
        pipeline.show_sids_of_ray(options.recipe, options.settings, say, options.embedders)
        return
    if options.embedders is not None:
        raise ConfigError("--embedders is for another engine: pass --engine ray too, or leave it out.")
    pipeline.show_sids(options.recipe, options.settings, say, options.picture)
