"""Training: stages 0, 2 and 3 on TRL, from one YAML a run; each stage is a step that can be interrupted and resumed."""
