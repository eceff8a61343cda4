#!/bin/sh
# Stands in for ssh: runs the command on this machine. The machine `down` cannot be reached, and `other` has
# its folder `other` at the path of `same`.
while :; do
  case $1 in
    -o | -L) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
if [ "$1" = down ]; then
  echo "ssh: connect to host down port 22: Connection refused" >&2
  exit 255
fi
NODE=$1
export NODE
command=$2
[ "$NODE" != other ] || command=$(printf '%s' "$command" | sed 's|/same/|/other/|g')
exec sh -c "$command"
