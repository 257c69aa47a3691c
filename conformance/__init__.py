"""The judge: whether an upload server or an upload client keeps TikTok's media transfer rules.

It has its own law book (`clauses.toml`), its own literal vectors and its own reading of the wire, and
imports nothing of `mockserver` or `client_reference`: what it shared, it could not find wrong.
"""
