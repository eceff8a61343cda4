#!/bin/sh
# Installs a package in a fresh Debian 12 without Swift, and tries it there: test_deb.sh PACKAGE
#
# Needs root, mmdebstrap and Debian's archive. Nothing stays on this machine.
set -eu
mmdebstrap --quiet --variant=apt --include=man-db \
  --customize-hook="copy-in '$1' packaging/try_program.sh /tmp" \
  --customize-hook='chroot "$1" sh -eu -c "apt-get install --yes --quiet=2 /tmp/*.deb"' \
  --customize-hook='chroot "$1" useradd --create-home somebody' \
  --customize-hook='chroot "$1" su - somebody -c "sh -eux /tmp/try_program.sh"' \
  bookworm /dev/null
