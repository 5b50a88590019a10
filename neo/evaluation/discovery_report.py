"""What an evaluation says of discovery modes and of what each code carries, as data and as tables."""

from __future__ import annotations

from collections.abc import Sequence

from neo.catalog.strict import Strict
from neo.listeners.familiarity import LEVELS, Familiarity
from neo_sdk.types import Mode

K = 30  # items of the lists that are judged
Titled = tuple[str, list[list[str]]]  # a title; the header and the rows


class ModeResult(Strict):
    """Lists of 30 items of a type that were asked for in a mode, by words alone: nothing but the history is left out.

    obeyed: by how well the listener knows what an item belongs to, the share of the first 10 items.
    distance: of these items from the listener's taste, see `neo.evaluation.spread.Spread`.
    hr, ndcg, n: HR@30, NDCG@30 and the number of cases, by how well the listener knows what was right. kept_hr,
    kept_ndcg: of the cases whose right item is of the mode, where nothing else may come, as a caller's `mode` has it.
    """

    mode: Mode
    group: str
    obeyed: dict[Familiarity, float]
    distance: float | None = None
    hr: dict[Familiarity, float]
    ndcg: dict[Familiarity, float]
    n: dict[Familiarity, int]
    kept_hr: float | None = None
    kept_ndcg: float | None = None


class CodeShare(Strict):
    """What the first `codes` codes of a list's items are worth, over `n` cases of an item type.

    ceiling: the share of cases in whose list of 30 an item has these codes of the right one: HR@30, if only they had to
    be right. accuracy: of the first items that have the codes before right, those with this one right. carried: HR@30
    of lists in which the model chooses these codes and the rest is what listeners met most often.
    """

    group: str
    codes: int
    n: int
    ceiling: float
    accuracy: float
    carried: float


def mode_table(results: Sequence[ModeResult]) -> list[Titled]:
    """A header, and a row for each type and mode."""
    if not results:
        return []
    levels = [level for level in LEVELS if any(level in result.hr for result in results)]
    header = ["asked for", *levels, "kept", "new", "known", "far"]
    rows = []
    for result in results:
        scores = [f"{result.hr[level]:.3f} {result.ndcg[level]:.3f}" if level in result.hr else "-" for level in levels]
        kept = f"{result.kept_hr:.3f} {result.kept_ndcg:.3f}" if result.kept_hr is not None else "-"
        shares = [f"{result.obeyed[level]:.0%}" for level in ("unfamiliar", "familiar")]
        scores = [score.replace("0.", ".") for score in (*scores, kept)]  # 80 columns
        far = "-" if result.distance is None else f"{result.distance:.2f}"
        rows.append([f"{result.group}, {result.mode}", *scores, *shares, far])
    cases = {result.group: result.n for result in results}
    counts = "; ".join(
        f"{name}: " + ", ".join(f"{level} {n:,}" for level, n in of.items()) for name, of in cases.items()
    )
    said = f"Discovery modes, by a word alone: HR@{K} and NDCG@{K} by what was right ({counts}), and of what is of the "
    said += "mode where nothing else may come; of the first ten "
    said += "the share that is new, and that is known and no habit; distance from taste"
    return [(said, [header, *rows])]


def code_table(shares: Sequence[CodeShare]) -> list[Titled]:
    """A header, and a row for each item type and number of codes."""
    if not shares:
        return []
    whole = {share.group: share.carried for share in shares}  # the last of each type has all codes
    rows = [
        [
            f"{share.group}, {share.codes}",
            f"{share.ceiling:.3f}",
            f"{share.accuracy:.1%}",
            f"{share.carried:.3f}",
            f"{share.carried / whole[share.group]:.0%}" if whole[share.group] else "-",
        ]
        for share in shares
    ]
    title = f"What the first codes carry: HR@{K} if only they had to be right; how often the last one is, in the first "
    title += f"item, where those before are; HR@{K} if the rest is what is met most, and its share of the whole"
    return [(title, [["first codes", "ceiling", "right", "carried", "share"], *rows])]
