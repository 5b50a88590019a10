"""What benchmarks/decoding.py measured, from its JSON to Markdown."""

from __future__ import annotations

from typing import Any

TITLES = ("items", "beams", "method", "ms", "x ours", "prompt ms", "step ms", "constraint %", "bytes an item")
MORE = ("memory MB", "repeats", "answers", "invalid", "filler", "duplicates")
OURS = "ours"


def markdown(measured: dict[str, Any]) -> str:
    """Machine, a table for each model, the checks, and the bars."""
    lines = [", ".join(f"{name} {value}" for name, value in measured["machine"].items())]
    for model in dict.fromkeys(row["model"] for row in measured["rows"]):
        lines += table(model, [row for row in measured["rows"] if row["model"] == model])
    lines += ["", *checks(measured), "", "| bar | measured | wanted | |", "|---|---:|---:|---|"]
    for bar in measured["bars"]:
        wanted = f"{'at least' if bar['at_least'] else 'at most'} {bar['limit']:g}"
        lines.append(f"| {bar['what']} | {number(bar['value'])} | {wanted} | {bar['met']} |")
    return "\n".join(lines)


def table(model: str, rows: list[dict[str, Any]]) -> list[str]:
    """`x ours` compares with our search of the same catalog and beams."""
    titles = [*TITLES, *MORE]
    lines = ["", f"**{model}**", "", f"| {' | '.join(titles)} |", "|---:|---:|---|" + "---:|" * (len(titles) - 3)]
    ours = {(row["items"], row["beams"]): row["ms"] for row in rows if row["method"] == OURS}
    for row in rows:
        cells = [f"{row['items']:,}", str(row["beams"]), row["method"]]
        if row["ms"] is None:
            cells += [row["error"] or "", *[""] * 4, number(row["bytes_per_item"]), *[""] * len(MORE)]
        else:
            cells += [number(row["ms"]), number(row["ms"] / ours[row["items"], row["beams"]]), number(row["prompt_ms"])]
            cells += [number(row["step_ms"]), number(None if row["share"] is None else row["share"] * 100)]
            cells += [number(row["bytes_per_item"]), number(row["memory_mb"])]
            cells += [str(row[name]) for name in ("repeats", "answers", "invalid", "filler", "duplicates")]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def checks(measured: dict[str, Any]) -> list[str]:
    """Brute force, a level beside a whole row, requests in a batch, the largest index; a line each."""
    agreed, kernel, built = (measured[name] for name in ("agreement", "kernel", "built"))
    lines = [
        f"- Brute force over {agreed['items']:,} items: the first {agreed['first']} are "
        f"{'the same in the same order' if agreed['exact'] else 'NOT the same'} with a beam an item (scores within "
        f"{agreed['score_gap']:.1g}); with {agreed['first']} beams {agreed['found']} of them are found, by `generate` "
        f"with a dict trie {agreed['generate_found']} of what is first by its own scores.",
        f"- A level with {kernel['beams']} beams, the three after the first together: {number(kernel['ours_ms'])} ms; "
        f"a masked row of {kernel['vocabulary']:,} in plain PyTorch {number(kernel['row_ms'])} ms.",
    ]
    for batch in measured["together"]:
        ratio = batch["one_by_one_s"] / batch["together_s"]
        lines.append(
            f"- {batch['requests']} requests for {batch['what']}, prompts of {batch['lengths'][0]} to "
            f"{batch['lengths'][1]} tokens: {number(batch['one_by_one_s'])} s one after another, "
            f"{number(batch['together_s'])} s together, {ratio:.2f} times; {batch['same']} answered alike."
        )
    if built:
        lines.append(
            f"- The index of ten million items: built in {number(built['build_s'])} s with {number(built['peak_gb'])} "
            f"GB at the highest, loaded in {number(built['load_s'])} s."
        )
    return lines


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
