"""What the OpenAPI document is put together from: records, answers, operations."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Json = dict[str, Any]

LARGEST: Final = 2**63 - 1
COUNT: Final[Json] = {"type": "integer", "minimum": 0, "maximum": LARGEST}
POSITIVE: Final[Json] = {"type": "integer", "minimum": 1, "maximum": LARGEST}
TEXT: Final[Json] = {"type": "string"}
SOME_TEXT: Final[Json] = {"type": "string", "minLength": 1}
TEXT_OR_NULL: Final[Json] = {"type": ["string", "null"]}
FLAG: Final[Json] = {"type": "boolean"}
NULL: Final[Json] = {"type": "null"}
DECIMAL: Final[Json] = {"type": "string", "pattern": "^[0-9]{1,18}$"}


def ref(name: str) -> Json:
    """The schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(about: str = "", /, **members: Json) -> Json:
    """An object with these members, all of them and no other."""
    made: Json = {"description": about} if about else {}
    return made | {
        "type": "object",
        "required": list(members),
        "properties": members,
        "additionalProperties": False,
    }


def optional(schema: Json, *members: str) -> Json:
    """The same object, which may lack these members."""
    return schema | {"required": [name for name in schema["required"] if name not in members]}


def tolerant(schema: Json) -> Json:
    """The same object, which may have others."""
    return {word: value for word, value in schema.items() if word != "additionalProperties"}


def rows(schema: Json) -> Json:
    """A list of it."""
    return {"type": "array", "items": schema}


def either(*schemas: Json, about: str = "") -> Json:
    """Any of these."""
    return ({"description": about} if about else {}) | {"anyOf": list(schemas)}


def said(about: str, schema: Json) -> Json:
    """The same schema with a description."""
    return {"description": about, **schema}


def answer(
    about: str,
    schema: Json | None = None,
    *,
    headers: Sequence[str] = (),
    media: str = "application/json",
    rule: str = "",
) -> Json:
    """A response; `headers` are names out of components, `rule` the switch under which alone it is given."""
    made: Json = {"description": about}
    if rule:
        made["x-mock-rule"] = rule
    if headers:
        made["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if schema is not None:
        made["content"] = {media: {"schema": schema}}
    return made


def named_answers(**names: str) -> Json:
    """Responses by status (`_201="UploadComplete"`) out of components."""
    return {status.lstrip("_"): {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}


def operation(
    name: str,
    tag: str,
    summary: str,
    answers: Mapping[str, Json],
    *,
    about: str = "",
    parameters: Sequence[str] = (),
    body: Json | None = None,
    security: str | None = None,
) -> Json:
    """An operation; `parameters` are names out of components, `security` "" is for everybody."""
    made: Json = {"operationId": name, "tags": [tag], "summary": summary}
    if about:
        made["description"] = about
    if security is not None:
        made["security"] = [{security: []}] if security else []
    if parameters:
        made["parameters"] = [{"$ref": f"#/components/parameters/{one}"} for one in parameters]
    if body is not None:
        made["requestBody"] = body
    return made | {"responses": dict(answers)}


def json_body(schema: Json, example: Json | None = None) -> Json:
    """A required body of JSON."""
    media: Json = {"schema": schema}
    if example is not None:
        media["example"] = example
    return {"required": True, "content": {"application/json": media}}
