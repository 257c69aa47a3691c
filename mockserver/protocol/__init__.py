"""The upload protocol as values and pure functions.

Takes values and `now`, returns values: no await, log, clock, randomness or I/O, nothing but the
standard library. Every rule line names its clause of `conformance/clauses.toml`.
"""
