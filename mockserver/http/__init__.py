"""TikTok's side of the server: init, status, chunks."""
