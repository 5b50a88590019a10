"""What is known of who listens."""
