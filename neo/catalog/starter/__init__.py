"""The starter world: a generated catalog, its listeners, what they chose, and how likely each choice was.

`world.make_world(config)` is the door; nothing is downloaded, and a seed gives the same world again.
"""
