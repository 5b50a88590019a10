"""What was found about the texts that a model writes: claims counted by the fact checker, and a judge's scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from neo.catalog.strict import Strict
from neo.evaluation.calibration import Agreement
from neo.evaluation.claims import About
from neo.evaluation.fact_check import Checked
from neo.evaluation.metrics import Estimate

SHOWN = 5


class Tally(Strict):
    """Claims by verdict."""

    supported: int
    contradicted: int
    unchecked: int

    @property
    def true(self) -> float | None:
        """The share that holds of those that could be checked."""
        checked = self.supported + self.contradicted
        return self.supported / checked if checked else None


class Checks(Strict):
    """One kind of text. `item` and `history`: claims by whom they speak of; `aspects`: by what they say.

    `spotless`: the share of texts without a contradicted claim; `empty`: of those without any claim.
    """

    n: int
    item: Tally
    history: Tally
    aspects: dict[str, Tally]
    spotless: float
    empty: float


class Wrong(Strict):
    """A text and what it says that does not hold, to read."""

    text: str
    claims: tuple[str, ...]


class Judged(Strict):
    """One scale: the judge's mean, 0 to 5, with its 95% interval, over `n` texts."""

    scale: str
    n: int
    score: Estimate


class Texts(Strict):
    """`coverage`: mean share of the listener's main topics that a portrait names; `foreign`: share of the topics that
    portraits name and the listener neither met nor chose. None where there is nothing to count."""

    explanations: Checks
    portraits: Checks
    coverage: float | None
    foreign: float | None
    wrong: tuple[Wrong, ...] = ()
    judge: str | None = None
    judged: tuple[Judged, ...] = ()
    unjudged: int = 0
    agreement: tuple[Agreement, ...] = ()


def checks(texts: Sequence[Checked]) -> Checks:
    """Counts over texts of one kind."""
    claims = [claim for text in texts for claim in text.claims]
    aspects = {
        aspect: Counter[str](c.verdict for c in claims if c.aspect == aspect)
        for aspect in sorted({c.aspect for c in claims})
    }
    return Checks(
        n=len(texts),
        item=_tally_of(texts, "item"),
        history=_tally_of(texts, "listener"),
        aspects={aspect: _tally(counts) for aspect, counts in aspects.items()},
        spotless=_share([not text.count("contradicted") for text in texts]),
        empty=_share([not text.claims for text in texts]),
    )


def coverage(portraits: Sequence[Checked]) -> float | None:
    """The mean over portraits of listeners that have main topics."""
    shares = [share for portrait in portraits if (share := portrait.coverage) is not None]
    return sum(shares) / len(shares) if shares else None


def foreign(portraits: Sequence[Checked]) -> float | None:
    """Of the topics that portraits say are the listener's, those that were neither met nor chosen."""
    own, not_own = (sum(getattr(portrait, name) for portrait in portraits) for name in ("own", "foreign"))
    return not_own / (own + not_own) if own + not_own else None


def wrong(texts: Sequence[Checked], most: int = SHOWN) -> tuple[Wrong, ...]:
    """The first texts with a contradicted claim."""
    found = []
    for text in texts:
        said = [f"{text.text[c.start : c.end]!r} ({c.says})" for c in text.claims if c.verdict == "contradicted"]
        if said:
            found.append(Wrong(text=text.text, claims=tuple(said)))
    return tuple(found[:most])


def _tally_of(texts: Sequence[Checked], about: About) -> Tally:
    return _tally(Counter[str](c.verdict for text in texts for c in text.claims if c.about == about))


def _tally(counts: Counter[str]) -> Tally:
    return Tally(supported=counts["supported"], contradicted=counts["contradicted"], unchecked=counts["not checkable"])


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0
