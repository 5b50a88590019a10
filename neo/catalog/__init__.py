"""Items, listeners, events and searches: their types, how they are stored, and how a user's own files become
them."""
