# Runs a shell script as a child of PID 1, so that a stop reaches it and whatever it started.
# Arguments: $0 is the script, "$@" what runs it. Comments and empty lines do not travel into the pod.
#
# A program that is PID 1 ignores a SIGTERM it has not asked for, and a shell runs no trap while it waits for a command:
# a script as PID 1 would sit out its whole grace period, its children with it. So SIGTERM goes to all of the container.

# Not PID 1 (hostPID, shareProcessNamespace): `kill -1` would reach beyond this container, and signals work by themselves.
[ $$ = 1 ] || exec "$@" "$0"
trap 'exit 143' TERM INT QUIT HUP
# `&` would read from /dev/null, and leaves SIGINT and SIGQUIT ignored; bash can take that back, other shells cannot.
exec 3<&0
(trap - INT QUIT; exec "$@" "$0" <&3 3<&-) &
trap 'stopped=1; kill -TERM -1' TERM INT QUIT HUP
# The output is the script's: the shell's own "Terminated" does not belong there.
exec 3<&- </dev/null >/dev/null 2>&1
script=$!
ended=
# A signal ends `wait`: wait again. If the script had ended just then, there is nothing to wait for any more (127).
while
    stopped=
    wait "$script"
    code=$?
    [ "$stopped" ]
do
    ended=$code
done
[ $code != 127 ] || code=${ended:-127}
exit $code
