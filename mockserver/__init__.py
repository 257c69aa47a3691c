"""The accused: a fake TikTok Content Posting API (docs/architecture.md has the floors).

Nothing is imported here, so that `import mockserver.protocol` stays pure:
importing a submodule runs this file.
"""

__version__ = "0.1.0"
