"""Our own side of the server, /_mock/: what tests use to look and to steer."""
