"""A picture of the SIDs: where level 1 cuts the items, how evenly codes are used, what prefixes tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from neo.catalog.catalog import Catalog
from neo.sids.build import SidModel
from neo.sids.flat_map import flat_map
from neo.sids.table import TypeSids

INK, FAINT, BLUE, ORANGE = "#222222", "#bbbbbb", "#2f6fb0", "#d1701f"


def draw_sids(model: SidModel, catalog: Catalog, report: Mapping[str, Any], path: Path | str) -> None:
    """Write a PNG: one row a type, with a map of its items, its code usage and its prefix coherence.

    report: what `sid_report` gave for the same model.
    """
    names, vectors = model.table.type_names, model.with_vectors(catalog).vectors or {}
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(13, 4.1 * len(names)), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(names), 3, squeeze=False, width_ratios=[1.15, 1, 1])
        for row, name in zip(axes, names, strict=True):
            sids, numbers = model.table.of(name), report["types"][name]
            _map(row[0], name, sids, vectors[name])
            _usage(row[1], numbers)
            _coherence(row[2], numbers)
        figure.savefig(path, format="png", metadata={"Software": None})


def _map(axes: Axes, name: str, sids: TypeSids, vectors: np.ndarray) -> None:
    """A sample of the items, near those that they resemble; neighboring clusters in neighboring hues."""
    count = len(sids)
    shown, flat = flat_map(vectors)
    used, cluster = np.unique(np.asarray(sids.codes[shown, 0]), return_inverse=True)
    middles = np.stack([flat[cluster == place].mean(axis=0) for place in range(len(used))])
    around = np.arctan2(*(middles - flat.mean(axis=0)).T)
    hues = np.argsort(np.argsort(around, kind="stable")) / len(used)
    # Every other cluster is darker, so that neighbors of nearly one hue stay apart.
    colors = matplotlib.colormaps["hsv"](hues)[:, :3] * np.where(np.argsort(np.argsort(hues)) % 2, 0.55, 0.9)[:, None]
    axes.scatter(flat[:, 0], flat[:, 1], s=9, c=colors[cluster], linewidths=0)
    few = f"{len(shown):,} of " if len(shown) < count else ""
    axes.set_title(f"{name}: level-1 codes of {few}{count:,} items", loc="left", color=INK)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _usage(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Codes from the most to the least used, one step line a level, beside even use."""
    levels = numbers["usage"]
    places = np.arange(numbers["codes"])
    for index, level in enumerate(levels):
        counts = np.sort(level["counts"])[::-1]
        color = matplotlib.colormaps["viridis"](0.1 + 0.75 * index / max(len(levels) - 1, 1))
        label = f"level {index + 1}: {level['used_share']:.0%} used, perplexity {level['perplexity']:.0f}"
        axes.bar(places, counts, width=1.0, color=color, alpha=0.25, linewidth=0)
        axes.step(places, counts, where="mid", color=color, linewidth=1.5, label=label)
    even = numbers["items"] / numbers["codes"]
    axes.axhline(even, color=INK, linewidth=0.8, linestyle=":", label=f"even use: {even:.1f} items a code")
    axes.set_title("items a code", loc="left", color=INK)
    axes.set_xlabel("codes, most used first")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _coherence(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """What sharing a prefix says: mean cosine, and the share of nearest neighbors that share it."""
    cosines = [numbers["coherence"]["random"], *numbers["coherence"]["by_level"]]
    shared = [1.0, *numbers["neighbors"]["by_level"]]
    chance = [1.0, *numbers["neighbors"]["chance"]]
    depths = np.arange(len(cosines))
    lines = (
        (cosines, BLUE, "-", "mean cosine of items that share them"),
        (shared, ORANGE, "-", f"nearest {numbers['neighbors']['neighbors']} that share them"),
        (chance, ORANGE, ":", "random items that share them"),
    )
    for values, color, style, label in lines:
        known = [np.nan if value is None else value for value in values]
        axes.plot(depths, known, color=color, linestyle=style, marker="o", markersize=4, label=label)
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.set_title("prefix coherence and neighbors", loc="left", color=INK)
    axes.set_xlabel("codes shared (0: any two items)")
    axes.set_xticks(depths)
    axes.set_ylim(-0.05, 1.05)
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.13))
