"""Exit code 0 where the server of this container is up, by GET /_mock/health; else 1, and a sentence on stderr."""

import json
import os
import ssl
import sys
import urllib.request
from pathlib import Path

SECONDS = 2


def main() -> int:
    try:
        facts = json.loads(Path(os.environ["TIKTOK_MOCK_READY_FILE"]).read_text())
        url = facts["control_url"] + "/health"
        anybody = ssl.create_default_context()  # It is this very container.
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=anybody)
        with urllib.request.build_opener(*handlers).open(url, timeout=SECONDS) as answer:
            return 0 if json.load(answer)["status"] == "ok" else 1
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"no tiktok-mock is up: {error!r}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
