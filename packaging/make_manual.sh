#!/bin/sh
# Writes man pages of a program and its commands: make_manual.sh PROGRAM FOLDER
#
# The argument parser's plugin would build the whole project once more, so its tool is taken alone.
set -eu
swift build --package-path .build/checkouts/swift-argument-parser --scratch-path .build/manual-tool \
  --product generate-manual --quiet
rm -rf "$2"
mkdir -p "$2"
.build/manual-tool/debug/generate-manual "$1" --multi-page --output-directory "$2" \
  --date "$(git log -1 --date=short --format=%cd 2>/dev/null || date +%F)"
# `man internvl launch` looks for internvl-launch; an empty line is a paragraph's end.
for page in "$2"/internvl.*.1; do
  name=$(basename "$page" .1 | tr . -)
  mv "$page" "$2/$name.1"
done
sed -i -e '/^\.\(Dt\|Xr\) /s/\./-/2g' -e 's/^$/.Pp/' "$2"/*.1
