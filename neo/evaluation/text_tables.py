"""Tables of what was found about a model's texts."""

from __future__ import annotations

from neo.evaluation.discovery_report import Titled
from neo.evaluation.text_report import Checks, Texts


def text_tables(texts: Texts | None) -> list[Titled]:
    """The fact checker's table, and the judge's where there was one."""
    if texts is None:
        return []
    tables = [_facts(texts)]
    if texts.judged:
        tables.append(_judge(texts))
    if texts.agreement:
        tables.append(_agreement(texts))
    return tables


def _facts(texts: Texts) -> Titled:
    header = ["", "texts", "claims", "true", "of item", "of history", "all true", "coverage", "foreign"]
    rows = [
        ["explanations", *_checks(texts.explanations), "-", "-"],
        ["portraits", *_checks(texts.portraits), _percent(texts.coverage), _percent(texts.foreign)],
    ]
    title = (
        "Texts of NEO: claims that hold against catalog and history; main topics that portraits cover, and topics "
        "that are not the listener's"
    )
    return title, [header, *rows]


def _checks(found: Checks) -> list[str]:
    item, history = found.item, found.history
    good, bad = item.supported + history.supported, item.contradicted + history.contradicted
    true = good / (good + bad) if good + bad else None
    counts = [f"{found.n:,}", f"{good + bad:,}"]
    return [*counts, *map(_percent, (true, item.true, history.true, found.spotless))]


def _judge(texts: Texts) -> Titled:
    """Beside each mean, how far the judge was from labels of that scale, on average over labels.

    Parts of a labeller, such as "program: true", are in the labeller's own count already.
    """
    rows = []
    for one in texts.judged:
        score = one.score
        beside = [a for a in texts.agreement if a.scale == one.scale and ": " not in a.by]
        off = sum(a.difference * a.n for a in beside) / sum(a.n for a in beside) if beside else None
        interval = f"{score.low:.2f} to {score.high:.2f}"
        rows.append(
            [_words(one.scale), f"{one.n:,}", f"{score.value:.2f}", interval, "-" if off is None else f"{off:.2f}"]
        )
    left = f", {texts.unjudged} left unjudged" if texts.unjudged else ""
    header = ["", "texts", "mean", "95% interval", "off from labels"]
    return f"Texts of NEO: scores 0 to 5 of the judge {texts.judge}{left}", [header, *rows]


def _agreement(texts: Texts) -> Titled:
    header = ["", "labels", "n", "off by", "Spearman", "kappa"]
    rows = [
        [_words(a.scale), a.by, f"{a.n:,}", f"{a.difference:.2f}", _number(a.spearman), _number(a.kappa)]
        for a in texts.agreement
    ]
    return f"The judge {texts.judge} beside labels", [header, *rows]


def _words(scale: str) -> str:
    return scale.replace("_", " ")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
