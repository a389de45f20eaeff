# As launcher.sh, where the image has bash. Arguments: $0 is the script, "$@" what runs it.
#
# bash loses the exit code of a child that ends just as a signal ends `wait`. So the script is the child of a helper that
# hears no stop, and the helper writes the code into a pipe, 5.

# Not PID 1 (hostPID, shareProcessNamespace): `kill -1` would reach beyond this container, and signals work by themselves.
[ $$ = 1 ] || [ "$SLUICE_STDOUT" ] || exec "$@" "$0"
[ $$ != 1 ] || trap 'kill -TERM -1' TERM INT QUIT HUP
script() {
  # A process group of its own, so that the script's `kill 0` does not come here as a stop.
  set -m
  # bash starts what is in the background with SIGINT and SIGQUIT ignored, and can take that back.
  (trap - TERM INT QUIT HUP; exec "$@" "$0" 2>&4 3>&- 4>&- 5>&-)
  echo $? >&5
}
# The first 4 KiB byte by byte, so that nothing is taken that is not passed on at once; the file takes no more.
copy() {
  dd bs=1 count=4096 | tee "$SLUICE_STDOUT"
  cat
}
# The script alone has the container's output: "Terminated" and "Killed" are this shell's words.
exec 3>&1 4>&2 2>/dev/null
exec 6< <(
  trap '' TERM
  exec 5>&1 >&3 6<&-
  if [ "$SLUICE_STDOUT" ]; then script "$@" | copy; else script "$@"; fi
)
exec 3>&- 4>&- </dev/null >/dev/null
# A signal that comes just as `read` begins is only looked at when its time is over (its code is then over 128).
while read -rt 5 code <&6; [ $? -gt 128 ]; do :; done
# What the script left behind may write on for ever: the copy ends with the script's output, or a second later.
[ -z "$SLUICE_STDOUT" ] || read -rt 1 <&6
# Without a code somebody has killed the helper.
exit "${code:-137}"
