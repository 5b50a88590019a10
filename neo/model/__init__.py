"""The model: the bundle on disk, and what recommends, searches, explains, understands and chats."""
