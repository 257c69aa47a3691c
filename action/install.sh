#!/usr/bin/env bash
# Install the package into an environment of its own, with only our commands on the PATH of later steps.
# Reads MOCK_PACKAGE (this checkout), MOCK_EXTRAS, MOCK_PYTHON, RUNNER_TEMP; writes GITHUB_PATH.
set -euo pipefail
work="$RUNNER_TEMP/tiktok-mock"
package="${MOCK_PACKAGE:-$(cd "$(dirname "$0")/.." && pwd)}${MOCK_EXTRAS:+[$MOCK_EXTRAS]}"
mkdir -p "$work/bin"
"${MOCK_PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "::error::tiktok-upload-mock needs Python 3.11 or newer; take actions/setup-python before this step"
    exit 1
}
"${MOCK_PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$package"
for command in tiktok-mock tiktok-conformance tiktok-upload; do
    ln -sf "$work/venv/bin/$command" "$work/bin/$command"
done
echo "$work/bin" >>"$GITHUB_PATH"
