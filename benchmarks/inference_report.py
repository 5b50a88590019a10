"""What benchmarks/inference.py measured, from its JSON to Markdown."""

from __future__ import annotations

from typing import Any

from inference_load import percentile
from inference_quality import Quality

TITLES = ("scenario", "requests", "batch", "p50 ms", "p90 ms", "p99 ms", "a second", "same as alone")
MORE = ("HR@10 kept", "NDCG@10 kept", "valid")


def markdown(measured: dict[str, Any]) -> str:
    """A table for each task, and what was measured on what."""
    lines: list[str] = []
    for name, task in measured["tasks"].items():
        reference, words = task["reference"], ", with words" if task["format"] == "mixed" else ""
        lines += [
            f"**{name}**: {task['k']} items at most{words}. The reference on {reference['cases']:,} cases: "
            f"HR@10 {reference['hit_rate']:.4f}, NDCG@10 {reference['ndcg']:.4f}.",
            "",
            f"| {' | '.join((*TITLES, *MORE))} |",
            f"|---|{'---:|' * (len(TITLES + MORE) - 2)}---|",
            *(f"| {' | '.join(cells(row))} |" for row in task["scenarios"]),
            "",
        ]
    return "\n".join([*lines, ", ".join(f"{name} {value}" for name, value in measured["about"].items())])


def cells(row: dict[str, Any]) -> list[str]:
    """One scenario; what it has no figure for is empty."""
    latencies, requests = row["latencies"], row["requests"]
    kept = Quality(**row["quality"]).shares(Quality(**row["reference"]))
    return [
        row["scenario"],
        f"{requests:,}",
        f"{row['batch']:.1f}" if row["batch"] else "",
        *(f"{percentile(latencies, p) * 1e3:,.0f}" if latencies else "" for p in (50, 90, 99)),
        f"{row['per_second']:.1f}",
        f"{row['same'] / requests:.1%}" if requests else "",
        *("" if share is None else f"{share:.1%}" for share in kept),
        "no: " + row["invalid"] if row["invalid"] else "yes",
    ]
