"""The cases for servers, one module per chapter of the law book, each mostly a table.

A case breaks one rule at a time, and judges one thing: what a refusal leaves behind is judged under
S-ATOMIC-REFUSED alone, what the progress header says under S-CHUNK-PROGRESS and S-ORDER-416-PROGRESS alone.
The machines come last: they draw what the tables cannot list.
"""

from conformance.cases import Case
from conformance.server import (
    atomic,
    chunk,
    creator,
    expiry,
    headers,
    init,
    isolation,
    machines,
    malformed,
    order,
    plan,
    plan_fields,
    plan_readings,
    ranges,
    status,
    url,
)
from conformance.terms import Terms


def all_cases(terms: Terms) -> tuple[Case, ...]:
    """Every case, in the order of the law book's chapters; the ids do not depend on the terms."""
    tables = (
        plan,
        plan_fields,
        plan_readings,
        init,
        creator,
        url,
        expiry,
        chunk,
        headers,
        malformed,
        ranges,
        order,
        atomic,
        isolation,
        status,
        machines,
    )
    return tuple(case for table in tables for case in table.cases(terms))
