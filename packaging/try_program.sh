# What an ordinary user tries after the installation.
[ "$(id -u)" != 0 ]
if command -v swift; then exit 1; fi
internvl --version
internvl demo | tee answer
grep -q '^Three shapes: a large red circle' answer
internvl list > /dev/null
man -w internvl
man -w internvl-launch
man internvl launch | grep -q -- --image
ls -l /usr/share/bash-completion/completions/internvl /usr/share/zsh/vendor-completions/_internvl \
  /usr/share/fish/vendor_completions.d/internvl.fish
