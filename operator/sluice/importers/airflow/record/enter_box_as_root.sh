# Runs the command "$@" as nobody, in a user namespace that knows all users, with one capability in it: to read what the
# caller, root, may read. For the machine as a whole it has none, and it counts as a user of its own, whose processes are
# limited.
set -eu
mkfifo -m 600 /tmp/go
exec 3<&0
# The inner shell is started when the namespace knows the user, and so has the rights to forbid further namespaces.
unshare --user sh -c '
  read -r _ < /tmp/go
  exec sh -euc "
    rm /tmp/go
    echo 0 > /proc/sys/user/max_user_namespaces
    exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all,+dac_read_search \
      --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search \"\$@\"
  " sh "$@"
' sh "$@" <&3 3<&- &
child=$!
own=$(readlink /proc/self/ns/user)
while [ "$(readlink /proc/$child/ns/user)" = "$own" ]; do :; done
echo "0 0 4294967295" > /proc/$child/uid_map
echo "0 0 4294967295" > /proc/$child/gid_map
echo > /tmp/go
exec 3<&-
wait $child
