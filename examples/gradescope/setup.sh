#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image from the uploaded zip.
set -euo pipefail

apt-get update
apt-get install -y python3 python3-venv
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install -y python3.11 python3.11-venv
    python=python3.11
fi
"$python" -m venv /autograder/venv
/autograder/venv/bin/pip install /autograder/source/*.whl
