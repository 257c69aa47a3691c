"""HTTPS: what is asked for, a CA of our own, and what clients need to trust it."""
