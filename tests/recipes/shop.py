"""A shop's files, as shops have them: semicolons, column names of their own, dates as people write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SUBJECTS = ("rivers", "maps", "bread", "chess", "volcanoes", "jazz", "gardens", "comets", "glass", "whales")
MAPPING = """\
types: [{name: course, plural: courses}]
items:
  - path: kurse.csv
    type: course
    delimiter: ";"
    columns: {id: Kurs-Nr, title: Bezeichnung, topics: Thema, date: {column: seit, format: "%d.%m.%Y"}}
events:
  path: buchungen.csv
  delimiter: ";"
  columns: {listener: Kunde, item: Kurs, time: {column: am, format: "%d.%m.%Y %H:%M"}}
"""


def write_shop(folder: Path, items: int = 150, listeners: int = 80, each: int = 20) -> Path:
    """kurse.csv, buchungen.csv and data.yaml; each listener has two subjects that they come back to."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    lines = ["Kurs-Nr;Bezeichnung;Thema;seit"]
    lines += [
        f"K{n:04d};Part {n} of {SUBJECTS[n % 10]};{SUBJECTS[n % 10]};{1 + n % 28:02d}.01.2025" for n in range(items)
    ]
    (folder / "kurse.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = ["Kunde;Kurs;am"]
    for listener in range(listeners):
        for n in range(each):
            item = int(rng.integers(items // 10)) * 10 + int(rng.choice([listener % 10, listener // 10 % 10]))
            day, hour = divmod(int(rng.integers(28 * 24)), 24)
            rows.append(f"c{listener};K{item:04d};{1 + day:02d}.{3 + n * 4 // each:02d}.2025 {hour:02d}:00")
    (folder / "buchungen.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "data.yaml").write_text(MAPPING, encoding="utf-8")
    return folder / "data.yaml"
