"""Where upload sessions are kept: a port and its adapters. No rule, no limit, no status code."""
