"""What tests share: a server in a thread, and a peer that writes raw bytes."""
