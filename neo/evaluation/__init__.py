"""How well answers fit: cases from a split in time, per-item metrics, and a report with all methods in it."""
