"""Pictures as SVG: the map of the SID space, a timeline, bars. Points say their titles when they are pointed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neo.catalog.catalog import Catalog
from neo.sids.build import SidModel
from neo.sids.flat_map import flat_map
from neo_demo.covers import hue
from neo_demo.html import esc

POINTS = 1_200
WIDE, HIGH, EDGE = 1000, 430, 14


@dataclass(frozen=True, eq=False)
class Plane:
    """The items of a type on a plane. rows: catalog rows int64 [n]; places: float64 [n, 2] in [0, 1]; first: the
    level-1 code of each, of `size`."""

    rows: np.ndarray
    places: np.ndarray
    first: np.ndarray
    size: int
    items: int


def plane(model: SidModel, catalog: Catalog, type_name: str) -> Plane:
    """Takes seconds: embeds the items anew, unless the model has their vectors, and t-SNE."""
    sids = model.table.of(type_name)
    vectors = model.embed(catalog, sids.rows) if model.vectors is None else model.vectors[type_name]
    shown, flat = flat_map(vectors, points=POINTS)
    low, high = flat.min(axis=0), flat.max(axis=0)
    places = (flat - low) / np.maximum(high - low, 1e-9)
    return Plane(sids.rows[shown], places, np.asarray(sids.codes)[shown, 0].astype(np.int64), sids.size, len(sids))


def map_svg(catalog: Catalog, found: Plane, label: str, marked: Mapping[int, str] | None = None) -> str:
    """The map. marked: rows that stand out, with a word on each; the others then fade."""
    marks = marked or {}
    dots = []
    order = sorted(range(len(found.rows)), key=lambda place: int(found.rows[place]) in marks)
    for place in order:
        row = int(found.rows[place])
        x, y = found.places[place]
        code = int(found.first[place])
        word = f" ({marks[row]})" if row in marks else ""
        kind = " on" if row in marks else " off" if marks else ""
        dots.append(
            f'<circle cx="{EDGE + x * (WIDE - 2 * EDGE):.1f}" cy="{EDGE + y * (HIGH - 2 * EDGE):.1f}" '
            f'r="{6 if row in marks else 4}" class="dot{kind}" style="--hue:{hue(code, found.size)}" '
            f'data-tip="{esc(catalog.title(row))}{esc(word)} · code {code}"/>'
        )
    few = "" if len(found.rows) == found.items else f", {len(found.rows):,} of them drawn"
    return (
        f'<figure class="map"><svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{esc(label)}">'
        f"{''.join(dots)}</svg><div class='tip' hidden></div>"
        f"<figcaption>{esc(label)}: {found.items:,} items{few}. Point at a dot for its title.</figcaption></figure>"
    )


def timeline_svg(weeks: Sequence[str], counts: Mapping[str, Sequence[int]], label: str) -> str:
    """Stacked columns, one a week. counts: by type, as many as there are weeks."""
    high, wide = 150, 640
    total = np.array([list(values) for values in counts.values()]).sum(axis=0) if counts else np.zeros(len(weeks))
    most = max(1, int(total.max(initial=0)))
    step = wide / max(1, len(weeks))
    bars, base = [], np.zeros(len(weeks))
    for shade, (name, values) in enumerate(counts.items()):
        for week, value in enumerate(values):
            if value:
                tall = value / most * (high - 8)
                y = high - tall - base[week] / most * (high - 8)
                bars.append(
                    f'<rect x="{week * step + 1:.1f}" y="{y:.1f}" width="{max(1.0, step - 2):.1f}" height="{tall:.1f}" '
                    f'class="t{shade % 4}" data-tip="{value} {esc(name)}, week of {esc(weeks[week])}"/>'
                )
                base[week] += value
    keys = "".join(f'<li><i class="t{shade % 4}"></i>{esc(name)}</li>' for shade, name in enumerate(counts))
    ends = f"<span>{esc(weeks[0])}</span><span>{esc(weeks[-1])}</span>" if weeks else ""
    return (
        f'<figure class="map timeline"><svg viewBox="0 0 {wide} {high}" role="img" aria-label="{esc(label)}" '
        f'preserveAspectRatio="none">{"".join(bars)}</svg><div class="tip" hidden></div>'
        f'<p class="ends">{ends}</p><ul class="keys">{keys}</ul></figure>'
    )


def bars(shares: Sequence[tuple[str, float, str]], label: str) -> str:
    """Horizontal bars as a list. shares: (name, 0 to 1, what to write)."""
    lines = "".join(
        f'<li><span class="name">{esc(name)}</span><span class="bar"><i style="width:{100 * share:.1f}%"></i></span>'
        f'<span class="value">{esc(value)}</span></li>'
        for name, share, value in shares
    )
    return f'<ul class="bars" aria-label="{esc(label)}">{lines}</ul>'
