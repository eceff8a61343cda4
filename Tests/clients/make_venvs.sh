#!/usr/bin/env bash
# Installs what the scripts here compare with: the hubs' Python clients, a TLS server with HTTP/2,
# transformers with torch for the CPU, clients of the server, and what tests its interface:
# make_venvs.sh FOLDER
set -euo pipefail
folder=$1
make_venv() {
  local venv=$folder/$1
  shift
  [ "$(cat "$venv/done" 2>/dev/null)" = "$*" ] && return
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
  echo "$*" >"$venv/done"
}
make_venv hf-2.4.0 "huggingface_hub==2.4.0"
make_venv hf-0.36.2 "huggingface_hub==0.36.2"
make_venv ms-1.40.2 "modelscope==1.40.2" "modelscope-hub==0.5.1"
make_venv hypercorn "hypercorn==0.17.3"
make_venv schema "jsonschema==4.26.0" "rfc3339-validator==0.1.4" "llguidance==1.9.1"
if [ ! -e "$folder/suite" ]; then
  # The JSON-Schema-Test-Suite is a part of this package's sources.
  "$folder/schema/bin/pip" download --quiet --disable-pip-version-check --no-deps \
    --no-binary :all: --dest "$folder/sources" "jsonschema==4.26.0"
  mkdir "$folder/suite"
  tar -xf "$folder/sources/jsonschema-4.26.0.tar.gz" -C "$folder/suite" --strip-components 1
fi
make_venv models "torch==2.13.0" "transformers[serving]==5.24.0" "peft==0.21.2" "pillow==13.0.0" "numpy==2.4.6" \
  "compressed-tensors==0.17.0"
# Apart, since transformers takes other code for pictures where it finds torchvision.
if [ ! -e "$folder/torchvision" ]; then
  "$folder/models/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    --target "$folder/torchvision" "torchvision==0.28.0"
fi
make_venv llm-clients "openai==3.57.0" "ollama==0.6.3" "langchain-openai==1.7.4" "llm==0.36" \
  "websockets==17.4"
make_venv api-testers "schemathesis==4.32.5" "llm-comply==0.5.0"
