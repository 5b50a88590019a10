"""Files that no mapping knows: 3,000 courses and what 2,000 customers did with them, with a shop's own column names.

The items, listeners and choices are those of a starter world; what is written is another shop's: semicolons, German
column names and dates, numbers as ids.

    python benchmarks/odd_catalog.py FOLDER [--items 3000] [--listeners 2000]
"""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world


def write(folder: Path, items: int, listeners: int, seed: int = 0) -> None:
    """kurse.csv and buchungen.csv."""
    shows = items // 6
    config = WorldConfig(seed=seed, shows=shows, episodes=4 * shows, audiobooks=items - 5 * shows, listeners=listeners)
    data = make_world(config).dataset
    rows = data.catalog.table.to_pylist()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "kurse.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(["Kurs-Nr", "Bezeichnung", "Dozent", "Inhalt", "Themenbereich", "buchbar_seit", "Raum"])
        for number, row in enumerate(rows):
            day = "" if row["date"] is None else f"{row['date']:%d.%m.%Y}"
            topics = " | ".join(row["topics"] or [])
            room = f"R{number % 40}"
            out.writerow([70_000 + number, row["title"], row["creator"], row["description"], topics, day, room])
    events = data.events
    with (folder / "buchungen.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(["Kd", "Kurs", "wann", "Filiale"])
        for who, item, time in zip(events.listener.tolist(), events.item.tolist(), events.time.tolist(), strict=True):
            moment = datetime.fromtimestamp(time, UTC)
            out.writerow([1_000 + who, 70_000 + item, f"{moment:%d.%m.%Y %H:%M}", ("Nord", "Mitte", "Hafen")[who % 3]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=3_000)
    parser.add_argument("--listeners", type=int, default=2_000)
    given = parser.parse_args()
    write(given.folder, given.items, given.listeners)


if __name__ == "__main__":
    main()
