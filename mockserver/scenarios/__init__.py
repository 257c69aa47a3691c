"""Data: one TOML file for each scenario."""
