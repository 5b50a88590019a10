"""The beam tree as SVG: which codes were kept, level by level, how probable each was, and the items they lead to."""

from __future__ import annotations

from neo.decoding.trace import Branch, Trace
from neo.model.bundle import Bundle
from neo_demo.covers import hue
from neo_demo.html import esc
from neo_demo.look import title_of

LEAVES = 9  # of the tree that is drawn
STEP, WIDE, CHIP, FIRST, NAMES = 46, 1000, 96, 150, 400  # heights and widths in the picture's units
LETTERS = 44  # of a title


def percent(share: float) -> str:
    """Such as 34%, 0.8% or <0.1%."""
    if share >= 0.0995:
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"


def tree_svg(bundle: Bundle, trace: Trace) -> str:
    """The most probable items of a search and the codes that lead to them."""
    levels = trace.levels
    shown = list(range(min(LEAVES, len(levels[-1].branches))))
    paths = [_path(trace, leaf) for leaf in shown]
    order = sorted(range(len(paths)), key=lambda at: [_rank(paths, at, level) for level in range(len(levels))])
    heights: dict[tuple[int, int], list[float]] = {}
    for line, at in enumerate(order):
        for level, place in enumerate(paths[at]):
            heights.setdefault((level, place), []).append(20 + line * STEP)
    y = {place: sum(ys) / len(ys) for place, ys in heights.items()}
    high = 40 + (len(paths) - 1) * STEP
    root = sum(y[0, path[0]] for path in paths) / len(paths)
    gap = (WIDE - NAMES - FIRST - 40) / max(1, len(levels) - 1)

    def span(level: int) -> tuple[float, float]:
        """Where a level's chips begin and how wide they are; those of the first name the type too."""
        return (40.0, FIRST) if level == 0 else (40 + FIRST + level * gap - CHIP, CHIP)

    links, nodes = [], []
    for (level, place), height in y.items():
        branch: Branch = levels[level].branches[place]
        x, wide = span(level)
        above = (level - 1, branch.parent)
        start = (10.0, root) if level == 0 else (sum(span(level - 1)), y[above])
        strong = 1 + 7 * branch.path**0.5
        links.append(_link(start, (x, height), strong))
        first = branch.codes[0]
        size = bundle.sids.table.of(branch.type).size
        name = f"{branch.type} {branch.codes[0]}" if level == 0 else str(branch.codes[level])
        nodes.append(
            f'<g style="--hue:{hue(first, size)}"><rect x="{x:.1f}" y="{height - 15:.1f}" width="{wide}" height="30" '
            f'rx="7" class="node"/><text x="{x + 9:.1f}" y="{height + 4.5:.1f}" class="code">{esc(name)}</text>'
            f'<text x="{x + wide - 8:.1f}" y="{height + 4.5:.1f}" class="share">{percent(branch.step)}</text></g>'
        )
    for leaf, path in zip(shown, paths, strict=True):
        branch = levels[-1].branches[leaf]
        title = title_of(bundle, branch.type, branch.codes) or "no item"
        short = title if len(title) <= LETTERS else title[: LETTERS - 1].rstrip() + "…"
        height, x = y[len(levels) - 1, path[-1]], sum(span(len(levels) - 1)) + 14
        nodes.append(
            f'<text x="{x:.1f}" y="{height + 4.5:.1f}" class="title"><title>{esc(title)}</title>{esc(short)}</text>'
            f'<text x="{WIDE - 4}" y="{height + 4.5:.1f}" class="share">{percent(branch.path)}</text>'
        )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="Beam tree">'
        f'<svg viewBox="0 0 {WIDE} {high}" class="tree" role="img" '
        f'aria-label="{esc(_told(bundle, trace, shown))}">{"".join(links)}<circle cx="10" cy="{root:.1f}" r="5" '
        f'class="root"/>{"".join(nodes)}</svg></div>'
    )


def _path(trace: Trace, leaf: int) -> list[int]:
    """The places of a leaf and of what it grew from, the first level first."""
    path = [leaf]
    for level in range(len(trace.levels) - 1, 0, -1):
        path.append(trace.levels[level].branches[path[-1]].parent)
    return path[::-1]


def _rank(paths: list[list[int]], at: int, level: int) -> tuple[int, int]:
    """Where a path stands at a level: behind those whose branch has a better leaf."""
    return min(place for place, path in enumerate(paths) if path[level] == paths[at][level]), paths[at][level]


def _link(start: tuple[float, float], end: tuple[float, float], strong: float) -> str:
    middle = (start[0] + end[0]) / 2
    return (
        f'<path d="M{start[0]:.1f} {start[1]:.1f} C{middle:.1f} {start[1]:.1f} {middle:.1f} {end[1]:.1f} '
        f'{end[0]:.1f} {end[1]:.1f}" class="link" style="stroke-width:{strong:.1f}"/>'
    )


def _told(bundle: Bundle, trace: Trace, leaves: list[int]) -> str:
    """The picture in words, for those who do not see it."""
    found = []
    for leaf in leaves[:5]:
        branch = trace.levels[-1].branches[leaf]
        title = title_of(bundle, branch.type, branch.codes) or "no item"
        found.append(f"{title}, {'-'.join(map(str, branch.codes))}, {percent(branch.path)}")
    return "The most probable items: " + "; ".join(found)
