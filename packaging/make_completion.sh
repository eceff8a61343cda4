#!/bin/sh
# Prints the completions of a program for a shell: make_completion.sh PROGRAM bash|zsh|fish
#
# The argument parser writes them; what it gets wrong is mended here.
set -eu
"$1" --generate-completion-script "$2" |
  case $2 in
    # Where it has nothing to offer, bash goes on as without it.
    bash) sed 's/^complete -o filenames /&-o bashdefault -o default /' ;;
    # Options with a value also take it behind `=`.
    zsh) sed "/\]:[a-z-]*:/{s/\(--[a-z-]*\)\(}'\)\{0,1\}\[/\1=\2[/;s/{\(--[a-z-]*\),/{\1=,/}" ;;
    # For its argparse, n-gpu is gpu with the short name n; N-n-gpu is n-gpu with the short name N.
    fish) sed "/__internvl_parse_subcommand/s/'\([a-z]\)-/'\U\1\E-\1-/g" ;;
  esac
