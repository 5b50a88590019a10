"""The HTTP server: a bundle that answers many at once, remembers what listeners did, and is replaced while it runs."""
