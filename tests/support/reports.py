"""JSON reports of runs that never were."""

from typing import Any


def exchange(status: int | None = 416, body: str = "null") -> dict[str, Any]:
    """One PUT and its answer."""
    answer = {
        "status": status,
        "headers": [["Server", "one"]],
        "body": body,
        "trouble": "" if status else "a reset",
    }
    head = "PUT /video/?upload_id=1 HTTP/1.1\r\nContent-Range: bytes 0-4/10\r\n\r\n"
    return {
        "at": 0.001,
        "seconds": 0.002,
        "request": head,
        "body_bytes": 5,
        "events": ["+0.001 s half sent"],
        "answers": [answer],
    }


def case(
    result: str = "pass", name: str = "it", about: str = "S-ORDER-GAP", *, known: bool = False, **more: Any
) -> dict[str, Any]:
    """A case; `more` overrides, or adds what a later report may have."""
    bad = {"expected": "416", "actual": "206"} if result == "fail" else {"expected": "", "actual": ""}
    return {
        "name": name,
        "id": f"{about}/{name}",
        "sentence": f"A sentence on {name}.",
        "result": result,
        **bad,
        "reason": "a reason",
        "known_failing": known,
        "readings": {"progress": "omit"},
        "seconds": 0.01,
        "exchange": [exchange(body=name)],
        **more,
    }


def clause(name: str, *cases: dict[str, Any], strength: str = "must") -> dict[str, Any]:
    """A clause with its cases, whose ids are made to fit."""
    fitting = [one | {"id": f"{name}/{one['name']}"} for one in cases]
    return {
        "id": name,
        "strength": strength,
        "result": cases[0]["result"],
        "chapter": "server: order",
        "text": "A demand.",
        "source": "somewhere",
        "cases": fitting,
    }


def report(*clauses: dict[str, Any], exit_code: int = 1) -> dict[str, Any]:
    """A report, of one clause that held where none is given."""
    return {
        "schema": 1,
        "version": "0",
        "target": "http://target.test:1",
        "profile": "any",
        "seed": 0,
        "mb": 1000,
        "seconds": 1.5,
        "strict": False,
        "exit_code": exit_code,
        "summary": {},
        "stale_known_failing": [],
        "fingerprint": {},
        "clauses": list(clauses) or [clause("S-ORDER-GAP", case())],
    }
