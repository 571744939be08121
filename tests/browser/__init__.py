"""People in a real browser on a running site."""
