"""Covers that are drawn from Semantic IDs: items that share a first code share a color, and no picture is fetched.

Colors are hues of one lightness and chroma (oklch), so that none of them shouts. The further codes turn and move the
shapes; the item's type chooses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

SIDE = 96
RINGS, BARS, PAGES = "rings", "bars", "pages"
SHAPES = {"show": RINGS, "episode": BARS, "audiobook": PAGES}


def hue(code: int, codes: int) -> int:
    """0 to 359. Neighbouring codes are far apart: they mean nothing to one another."""
    return int((code * 137.508 + 28) % 360) if codes > 12 else int(360 * code / max(codes, 1) + 28) % 360


def cover(codes: Sequence[int], size: int, kind: str) -> str:
    """An SVG of an item's codes, each below `size`. It says nothing that the card does not, so readers skip it."""
    first, second, last = (*codes, 0, 0, 0)[0], (*codes, 0, 0)[min(1, len(codes))], codes[-1] if codes else 0
    tone = hue(first, size)
    part, rest = second / max(size, 1), last / max(size, 1)
    shape = {RINGS: _rings, BARS: _bars, PAGES: _pages}[SHAPES.get(kind, _by_name(kind))]
    return (
        f'<svg class="cover" viewBox="0 0 {SIDE} {SIDE}" aria-hidden="true" focusable="false" '
        f'style="--hue:{tone}"><rect width="{SIDE}" height="{SIDE}" class="c0"/>{shape(part, rest)}</svg>'
    )


def _by_name(kind: str) -> str:
    return (RINGS, BARS, PAGES)[sum(map(ord, kind)) % 3]


def _rings(part: float, rest: float) -> str:
    """Circles around a middle that wanders."""
    x, y = 48 + 30 * cos(2 * pi * part), 48 + 30 * sin(2 * pi * part)
    sizes = (58, 42, 27, 9 + 8 * rest)
    return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" class="c{n + 1}"/>' for n, r in enumerate(sizes))


def _bars(part: float, rest: float) -> str:
    """A few bars of sound."""
    out = []
    for place in range(9):
        high = 14 + 58 * abs(sin((place + 1) * (0.55 + 1.9 * part) + 6 * rest))
        shade = 3 if place % 3 == 1 else 2
        y = 48 - high / 2
        out.append(f'<rect x="{9 + place * 9}" y="{y:.1f}" width="5" height="{high:.1f}" rx="2.5" class="c{shade}"/>')
    return "".join(out)


def _pages(part: float, rest: float) -> str:
    """A disc behind a slope, like a paperback's cover."""
    x, y, r = 22 + 52 * part, 30 + 14 * rest, 13 + 9 * rest
    left, right = 58 + 24 * rest, 82 - 26 * part
    back = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" class="c4"/>'
    slope = f'<path d="M0 {left:.1f} L96 {right:.1f} V96 H0 Z" class="c2"/>'
    front = f'<path d="M0 {left + 18:.1f} L96 {right + 8:.1f} V96 H0 Z" class="c1"/>'
    return f'{back}{slope}{front}<rect width="5" height="{SIDE}" class="c1"/>'
