"""What the stages are trained on: each file turns a part of the dataset into turns, and rows.py renders them."""
