#!/bin/sh
# Makes a Debian package of an installed program: make_deb.sh STAGE FOLDER
#
# STAGE/root is what goes into the package, as `make install` left it; the package is put into FOLDER.
set -eu
root=$1/root
program=$root/usr/bin/internvl
architecture=$(dpkg --print-architecture)
release=$("$program" --version | sed -n '1s/^internvl \([0-9.]*\).*/\1/p')
version="$release+git$(git log -1 --date=format:%Y%m%d --format=%cd).$(
  git describe --always --exclude='*' --dirty=.dirty --abbrev=8)"

# What the program is linked with; dpkg-shlibdeps wants a source package around it.
mkdir -p "$1/debian" "$root/DEBIAN" "$root/usr/share/doc/internvl"
printf 'Source: internvl\n\nPackage: internvl\nArchitecture: any\n' > "$1/debian/control"
libraries=$(cd "$1" && dpkg-shlibdeps -O root/usr/bin/internvl | sed -n 's/^shlibs:Depends=//p')

{
  echo "The program contains Swift's runtime and these packages, all under the Apache License 2.0"
  echo "(/usr/share/common-licenses/Apache-2.0). Their notices follow."
  echo
  ls .build/checkouts
  for notice in .build/checkouts/*/NOTICE.txt; do
    printf '\n'
    cat "$notice"
  done
} > "$root/usr/share/doc/internvl/copyright"
cat > "$root/DEBIAN/control" <<CONTROL
Package: internvl
Version: $version
Architecture: $architecture
Maintainer: $(git log -1 --format='%cn <%ce>')
Section: utils
Priority: optional
Installed-Size: $(du --summarize --block-size=1K "$root/usr" | cut -f 1)
Depends: $libraries, libvips42, ca-certificates
Recommends: libopenblas0-pthread
Suggests: ffmpeg, bash-completion
Description: InternVL vision-language models on an ordinary CPU
 Downloads a checkpoint of InternVL3, InternVL3.5 or InternVL2.5, answers questions about pictures, chats
 in the terminal, captions whole folders and serves other programs. A small demo model comes with it:
 try 'internvl demo'.
CONTROL
chmod -R u+w,go=rX "$root"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) \
  dpkg-deb --root-owner-group --build "$root" "$2/internvl_${version}_$architecture.deb"
