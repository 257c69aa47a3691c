"""UploadFlow played by hand: answers as they come over the wire, steps in short."""

import json

from client_reference import ChunkPlan, RetryPolicy, UploadFlow, UploadJob, UploadResult
from client_reference.steps import ChunkRequest, Failed, InitRequest, StatusRequest

URL = "https://open-upload-va.tiktokapis.com/upload?upload_id=76&upload_token=a%2Fb%20c+d"
PLAN = ChunkPlan(25, 10, 2)  # bytes 0-9 and 10-24
WHOLE = ChunkPlan(25, 25, 1)
THREE = ChunkPlan(30, 10, 3)
ONE_BYTE = ChunkPlan(1, 1, 1)
LOST = "lost"


def progress(number, total=25):
    return {"Content-Range": f"bytes 0-{number}/{total}"}


def initialised(upload_url=URL, publish_id="v_pub_file~v2-1.76"):
    data = {"publish_id": publish_id, "upload_url": upload_url}
    return 200, {}, json.dumps({"data": data, "error": {"code": "ok"}}).encode()


def state(status, **data):
    return 200, {}, json.dumps({"data": {"status": status, **data}, "error": {"code": "ok"}}).encode()


def refused(status, code, message="no", log_id="2026"):
    return status, {}, json.dumps({"error": {"code": code, "message": message, "log_id": log_id}}).encode()


def seen(step):
    """A step in short: a chunk by its first byte, others by name, with the delay where there is one."""
    match step:
        case ChunkRequest():
            name = step.chunk.first
        case InitRequest():
            name = "init"
        case StatusRequest():
            name = "status"
        case UploadResult():
            return "done"
        case Failed():
            return type(step.error).__name__
    return (name, step.delay) if step.delay else name


def play(flow, answers):
    """Every step the flow gave, the first before any answer; an answer is a status, a tuple, or LOST."""
    steps = [seen(flow.next_request())]
    for answer in answers:
        if answer == LOST:
            flow.receive_failure("connection reset")
        elif isinstance(answer, int):
            flow.receive_response(answer, {})
        else:
            flow.receive_response(*answer)
        steps.append(seen(flow.next_request()))
    return steps


def start(plan=PLAN, *, retry=None, **job):
    """A flow that has its upload_url from init; wait=False unless asked for."""
    job = {"wait": False, "token": "act.1", **job}
    flow = UploadFlow(UploadJob(plan, **job), retry=retry or RetryPolicy())
    flow.receive_response(*initialised())
    return flow


def given(plan=PLAN, *, retry=None, **job):
    """A flow that was given an upload_url and knows no publish_id."""
    return UploadFlow(UploadJob(plan, upload_url=URL, **job), retry=retry or RetryPolicy())


def error(flow):
    step = flow.next_request()
    assert isinstance(step, Failed)
    return step.error


BUSY = state("PROCESSING_UPLOAD", uploaded_bytes=25)
