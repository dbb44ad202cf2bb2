# Runs a command that can see only the given paths: enclosure.sh ROOT PROGRAM PATH... -- COMMAND...
# Expects its own namespaces (unshare --user --map-root-user --mount).
set -e
root=$1
program=$2
shift 2
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root"
# Deno reads its own path here. Nothing else of /proc is visible.
mkdir -p "$root/proc/self"
ln -s "$program" "$root/proc/self/exe"
while [ "$1" != -- ]; do
  if [ -L "$1" ]; then # such as /lib on systems that link it to /usr/lib
    mkdir -p "$root${1%/*}"
    cp -P "$1" "$root$1"
  elif [ -d "$1" ]; then
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1"
    mount -o remount,bind,ro,nosuid,nodev "$root$1"
  elif [ -e "$1" ]; then
    mkdir -p "$root${1%/*}"
    : > "$root$1"
    mount --bind "$1" "$root$1"
    mount -o remount,bind,ro,nosuid "$root$1"
  fi
  shift
done
shift
mount -o remount,bind,ro,nosuid,nodev "$root"
exec chroot "$root" "$@"
