"""Stage 1: text embedding, residual k-means, unique codes. A catalog row becomes a Semantic ID (SID); the
table between the two, and the report on how good the SIDs are."""
