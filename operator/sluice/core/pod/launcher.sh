# Runs a shell script as a child of PID 1, so that a stop reaches it and whatever it started. For an image without bash.
# Arguments: $0 is the script, "$@" what runs it. With $SLUICE_STDOUT, standard output is also copied to that file.
# Comments and empty lines do not travel into the pod.
#
# A program that is PID 1 ignores a SIGTERM it has not asked for, and a shell runs no trap while it waits for a command:
# a script as PID 1 would sit out its whole grace period, its children with it. So SIGTERM goes to all of the container.

# Not PID 1 (hostPID, shareProcessNamespace): `kill -1` would reach beyond this container, and signals work by themselves.
[ $$ = 1 ] || [ "$SLUICE_STDOUT" ] || exec "$@" "$0"
# Without a `$!` the script has not begun.
[ $$ != 1 ] || trap 'stopped=1; kill -TERM -1 || [ "$!" ] || exit 143' TERM INT QUIT HUP
# The script alone has the container's input and output: `&` would give it /dev/null to read, and "Terminated" and
# "Killed" are this shell's words. `&` also leaves SIGINT and SIGQUIT ignored, and only bash could take that back.
exec 3<&0 4>&1 5>&2 </dev/null >/dev/null 2>&1
# The first 4 KiB byte by byte, so that nothing is taken that is not passed on at once; the file takes no more.
copy() {
  dd bs=1 count=4096 | tee "$SLUICE_STDOUT"
  cat
}
# Into 6 goes the exit code, and a line more when the copy ends: with the script's output, or a second after the script.
copied() {
  {
    (trap - TERM; exec "$@" "$0" <&3 2>&5 3<&- 4>&- 5>&- 6>&-)
    echo $? >&6
    exec >&-
    sleep 1
    echo >&6
  } | {
    copy >&4
    echo >&6
  }
}
if [ "$SLUICE_STDOUT" ]; then
  { trap '' TERM; copied "$@" 6>&1 & } | { trap '' TERM; read -r code; read -r _; exit "${code:-137}"; } &
else
  (exec "$@" "$0" <&3 >&4 2>&5 3<&- 4>&- 5>&-) &
fi
exec 3<&- 4>&- 5>&-
script=$!
ended=
# A signal ends `wait`: wait again. If the script ended at that very moment, there is nothing to wait for any more, and
# the shell says 127.
while
    stopped=
    wait "$script"
    code=$?
    [ "$stopped" ]
do
    ended=$code
done
[ $code = 127 ] && code=${ended:-127}
exit $code
