"""The hand-written vectors of the law book against the pure core."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.vectors import load
from mockserver.protocol.answers import put_answer
from mockserver.protocol.posts import Post
from mockserver.protocol.publish import status_data
from mockserver.protocol.ranges import ContentRange, RangeError
from mockserver.protocol.rules import PROFILES, CountRule, UploadRules
from mockserver.protocol.session import Chunk, ChunkHead, UploadSession
from mockserver.protocol.source import SourceInfo, one_sided, read_source_info
from mockserver.protocol.verdicts import CallRefused, Refused, Verdict, Why

TOKEN = "01234567-89ab-cdef-0123-456789abcdef"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def rules_of(profile: str, switches: dict[str, Any]) -> UploadRules:
    rules = PROFILES[profile]
    for name, value in switches.items():
        if value == "off" and name == "count_rule":
            rules = replace(rules, count_rule=CountRule.OFF)
        else:
            rules = rules.with_rule(name, "none" if value is None else str(value))
    return rules


@pytest.mark.parametrize("row", load("content_range"), ids=lambda row: row["id"])
def test_content_range(row: dict[str, Any]) -> None:
    if "accept" in row:
        span = ContentRange.parse(row["header"])
        assert {"first": span.first, "last": span.last, "total": span.complete_length} == row["accept"]
    else:
        with pytest.raises(RangeError) as refused:
            ContentRange.parse(row["header"])
        assert refused.value.clause == row["refuse"]


PLANS = [pytest.param(row, profile, id=f"{row['id']}-{profile}") for row in load("plans") for profile in PROFILES]


@pytest.mark.parametrize(("row", "profile"), PLANS)
def test_plan(row: dict[str, Any], profile: str) -> None:
    rules = rules_of(profile, row.get("rules", {}))
    expected = row["expect"].get("all") or row["expect"][profile]
    result = read_source_info(row["source_info"], rules)
    if "accept" in expected:
        assert isinstance(result, SourceInfo), result
        assert result.final_chunk == expected["accept"]["final_chunk"]
        assert [found for found, _ in one_sided(result, rules)] == expected["accept"]["warnings"]
    else:
        assert isinstance(result, CallRefused), result
        assert result.clause in _listed(expected["refuse"]["clause"])
        assert result.code == "invalid_params"
        assert result.message in _listed(expected["refuse"]["message"])


class Player:
    """Plays a sequence vector against one session."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.rules = rules_of(row["profile"], row.get("rules", {}))
        source = read_source_info(row["source_info"], self.rules)
        assert isinstance(source, SourceInfo), source
        post = Post("v_inbox_file~v2.1", "t", None, 1)
        self.session = UploadSession("1", TOKEN, source, self.rules, post, issued_at=1000.0, lifetime=3600.0)
        self.now = 1000.0
        self.begun: dict[str, tuple[Chunk, Refused | None]] = {}

    def begin(self, put: dict[str, Any]) -> tuple[Chunk, Refused | None]:
        span = put["range"]
        spans = () if span is None else (span,) if isinstance(span, str) else tuple(span)
        kind = put.get("type", "video/mp4")
        head = ChunkHead(
            upload_token={"wrong": TOKEN.replace("0", "f"), "none": ""}.get(put.get("token", ""), TOKEN),
            content_range=spans,
            content_length=put["length"],
            content_type=() if kind is None else (kind,),
        )
        received = put.get("body", put["length"] or 0)
        chunk = Chunk(head, received, None, self.session.offset)
        if put.get("upload_id") == "unknown":
            return chunk, Refused(Why.UNKNOWN, "")
        return chunk, self.session.refusal(head, self.now)

    def finish(self, chunk: Chunk, refused: Refused | None) -> Verdict:
        if refused is not None:
            return refused
        before = self.session
        self.session, verdict = before.receive(chunk, now=self.now)
        if isinstance(verdict, Refused):
            assert self.session is before, "a refused chunk returns the same object"
        return verdict

    def check(self, verdict: Verdict, expected: dict[str, Any]) -> None:
        answer = put_answer(verdict, self.rules)
        assert answer.status == expected["status"], answer
        assert answer.headers.get("Content-Range") == expected["progress"]
        assert answer.clause in _listed(expected["clause"]), answer


@pytest.mark.parametrize("row", load("sequences"), ids=lambda row: row["id"])
def test_sequence(row: dict[str, Any]) -> None:
    player = Player(row)
    for step in row["steps"]:
        match step:
            case {"put": put, "expect": expected}:
                player.check(player.finish(*player.begin(put)), expected)
            case {"begin": name, "put": put}:
                player.begun[name] = player.begin(put)
            case {"finish": name, "expect": expected}:
                player.check(player.finish(*player.begun.pop(name)), expected)
            case {"advance": seconds}:
                player.now += seconds
            case {"expect_status": expected}:
                assert status_data(player.session, player.now) == expected
            case _:
                pytest.fail(f"no such step: {step}")
    assert not player.begun
