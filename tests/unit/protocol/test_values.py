"""What is decided cannot be changed afterwards: the core's values are frozen and have no room for more."""

from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest

from mockserver.protocol.answers import Answer
from mockserver.protocol.ranges import ContentRange
from mockserver.protocol.session import Chunk, KeptChunk
from mockserver.protocol.verdicts import Accepted, CallRefused, Completed, Refused, Why
from support.uploads import PUBLIC, SMALL, head, upload_at

VALUES = [
    SMALL,
    ContentRange(0, 9, 10),
    upload_at(5000).source,
    upload_at(5000),
    PUBLIC,
    PUBLIC.info,
    head("bytes 0-9/10", 10),
    Chunk(head("bytes 0-9/10", 10), 10),
    KeptChunk(0, 9, None),
    Accepted(5, 10),
    Completed(10),
    Refused(Why.GAP, "because"),
    CallRefused("invalid_params", "message", "S-CLAUSE", "because"),
    Answer(201, b"null"),
]

each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


@each_value
def test_a_value_cannot_be_changed(value: Any) -> None:
    assert is_dataclass(value)
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)


@each_value
def test_a_value_holds_nothing_but_its_fields(value: Any) -> None:
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("why", Why, ids=lambda why: why.name)
def test_a_refusal_names_the_clause_that_decided(why: Why) -> None:
    assert Refused(why, "because").clause == why.value
