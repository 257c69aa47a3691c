"""nginx as a process of its own, in the foreground, with a configuration in a directory of the test's."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.commands import SECONDS

_ATTEMPTS = 5
_CONFIG = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr notice;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    error_log {folder}/error.log;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/www;
{locations}
    }}
}}
"""


def nginx() -> str | None:
    """Where it is, if this machine has one."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _upload_server(port: int) -> str:
    """Locations of a home-made upload server: a fixed answer to init, and files put where the URL says."""
    url = f"http://127.0.0.1:{port}/video/1?upload_id=1&upload_token=2"
    init = {"data": {"publish_id": "v_pub_file~1", "upload_url": url}, "error": _ok()}
    status = {"data": {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}, "error": _ok()}
    lines = [
        f"location ~ /video/init/$ {{ default_type application/json; return 200 '{json.dumps(init)}'; }}",
        f"location ~ /status/fetch/$ {{ default_type application/json; return 200 '{json.dumps(status)}'; }}",
        "location /video/ { dav_methods PUT; create_full_put_path on; }",
    ]
    return "\n".join(lines)


@contextmanager
def running(program: str, folder: Path, *, uploads: bool) -> Iterator[str]:
    """Its URL."""
    (folder / "www").mkdir()
    (folder / "www" / "index.html").write_text("nothing to see")
    for _ in range(_ATTEMPTS):
        port = _free_port()
        (folder / "nginx.conf").write_text(
            _CONFIG.format(
                folder=folder,
                port=port,
                user="user root;" if os.geteuid() == 0 else "",
                locations=_upload_server(port) if uploads else "",
            )
        )
        command = [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                if _begun(process):
                    yield f"http://127.0.0.1:{port}"
                    return
            finally:
                process.terminate()
                process.communicate(timeout=SECONDS)
    raise AssertionError(f"nginx did not begin on any of {_ATTEMPTS} ports")


def _begun(process: subprocess.Popen[str]) -> bool:
    """Whether it listens; somebody else may have taken the port."""
    assert process.stderr is not None
    return any("start worker processes" in line for line in process.stderr)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _ok() -> dict[str, str]:
    return {"code": "ok", "message": "", "log_id": "1"}
