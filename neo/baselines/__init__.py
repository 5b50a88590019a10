"""What NEO is compared with: popularity, item-CF and BM25, each fitted on what lies before a cut in time."""
