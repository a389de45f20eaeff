# Builds the box out of an empty folder: $1 is the folder, then come the read-only paths up to --, then the command.
# Runs in namespaces of its own, in which it may mount.
set -eu
box=$1
shift
mount -t tmpfs -o size=1m,mode=755 tmpfs "$box"
mkdir "$box/proc" "$box/dev" "$box/tmp" "$box/.old"
mount -t proc proc "$box/proc"
mount -t tmpfs -o size=16m,mode=1777 tmpfs "$box/tmp"
for device in null zero full random urandom; do
  touch "$box/dev/$device"
  mount --bind "/dev/$device" "$box/dev/$device"
done
for link in /bin /lib /lib64 /sbin; do
  if [ -L "$link" ]; then ln -s "$(readlink "$link")" "$box$link"; fi
done
while [ "$1" != -- ]; do
  mkdir -p "$box$1"
  mount --bind "$1" "$box$1"
  mount -o remount,bind,ro,nosuid,nodev "$box$1"
  shift
done
shift
cd "$box"
pivot_root . .old
umount -l /.old
mount -o remount,bind,ro /
exec "$@"
