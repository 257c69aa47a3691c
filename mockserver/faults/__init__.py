"""Faults as values and a queue: what strikes which request, when, and with what. Performed in `http.faulting`."""
