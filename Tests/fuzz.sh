#!/usr/bin/env bash
# Fuzzes every reader for so many seconds under the address sanitizer: Tests/fuzz.sh [SECONDS] [READER...]
#
# Inputs that reach new code are kept in .build/fuzz/corpus between runs. A find stops its reader, is
# left in .build/fuzz/finds and makes this fail; `READER=config .build/fuzz/release/Fuzz FILE` runs it
# again. Its minimised form belongs in Tests/FuzzTests/Corpus. Sources/Fuzz/CostLimit.swift bounds
# an input's processor time and memory; libFuzzer's limits here catch what never ends.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-13}
readers=${*:2}
build=.build/fuzz

# swiftc takes the last -sanitize, which must name both.
INTERNVL_FUZZ=1 swift build -c release --scratch-path "$build" --product Fuzz \
  --sanitize=address --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address \
  -Xswiftc -parse-as-library
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16 SWIFT_BACKTRACE=enable=no
TIMEFORMAT="processor_seconds: %U user, %S system"
mkdir -p "$build/finds"
status=0
for reader in ${readers:-$(ls Tests/FuzzTests/Corpus)}; do
  # libvips makes room for the canvas that a WebP header names before its size can be refused: 1 GiB
  # at most, of which nothing is touched.
  allocation=64 && [ "$reader" = image ] && allocation=1100
  corpus=$build/corpus/$reader
  mkdir -p "$corpus"
  echo "$reader:"
  time READER=$reader "$build/release/Fuzz" -max_total_time="$seconds" -timeout=300 -max_len=262144 \
    -rss_limit_mb=512 -malloc_limit_mb=$allocation -print_final_stats=1 \
    -artifact_prefix="$build/finds/$reader-" \
    "$corpus" "Tests/FuzzTests/Corpus/$reader" 2>"$build/$reader.log" || status=1
  grep -E 'ERROR|SUMMARY|number_of_executed|peak_rss|Test unit' "$build/$reader.log" || true
done
exit $status
