# A bare Debian 12 in a temporary folder, for the scripts that source this. Needs root and
# debootstrap. Packages come from where the caller's apt takes them.
#
#   private_mounts "$@"   runs the script again in a namespace of its own, so that mounts end with it
#   make_root             sets `root`; the folder is removed at the end unless keep=yes
#   in_root COMMAND...    runs it there, with a newcomer's environment
#   as_user ID COMMAND... the same as a user without rights
#   shop_runs ID FOLDER COMMAND...  runs a shop there, as that user, on a root that can't be written
#                         to but for FOLDER; asks for its health, by the command `check` too if that
#                         is set, and ends it

program=${0##*/}
release=bookworm
keep=no

refuse() { echo "$program: $*" >&2; exit 2; }
fail() { echo "$program: FAILED: $*" >&2; exit 1; }

private_mounts() {
  ((EUID == 0)) || refuse "needs root"
  command -v debootstrap >/dev/null || refuse "needs the package debootstrap"
  [[ ${EVENTCORE_PRIVATE_MOUNTS-} == yes ]] && return
  export EVENTCORE_PRIVATE_MOUNTS=yes
  exec unshare --mount --propagation private "$0" "$@"
}

# What a script has mounted over it is gone first, or it could not be removed.
remove_mounts() {
  local place
  for place in "$root" "$root/dev" "$root/proc" "$root${state-/state}"; do
    umount --recursive --lazy "$place" 2>/dev/null || true
  done
}

remove_root() {
  remove_mounts
  if [[ $keep == yes ]]; then echo "kept: $root"; else rm -rf --one-file-system "$root"; fi
}

make_root() {
  local sources mirror
  sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' \
    'Created-By: Packages' | grep -E " $release(-[a-z]+)? main$" | sort -u || true)
  mirror=$(awk -v release="$release" '$3 == release { print $2; exit }' <<<"$sources")
  [[ -n $mirror ]] || refuse "the caller's apt knows no source of $release"

  root=$(mktemp -d "${TMPDIR:-/tmp}/eventcore-root.XXXXXX")
  chmod 755 "$root"  # as / is
  trap remove_root EXIT

  echo "building a bare $release"
  debootstrap --variant=minbase --include="$1" "$release" "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -20 "$root.log" >&2; rm -f "$root.log"; refuse "debootstrap failed"; }
  rm -f "$root.log"

  echo "$sources" >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::https?::Proxy' >"$root/etc/apt/apt.conf.d/proxy" || true
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"  # no service starts
  chmod +x "$root/usr/sbin/policy-rc.d"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
}

in_root() {
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    chroot "$root" "$@" </dev/null
}

as_user() { in_root setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"; }

shop_runs() {
  local id=$1 health= name url shop said=
  state=$2
  shift 2
  mount -t tmpfs -o "mode=0700,uid=$id" tmpfs "$root$state"
  mount --rbind "$root" "$root"
  mount -o remount,ro,bind "$root"
  ! touch "$root/cannot" 2>/dev/null || fail "the root can be written to"
  exec 3< <(as_user "$id" sh -c 'echo $$ >"$0/pid"; cd "$0"; exec "$@" 2>&1' "$state" "$@")
  shop=$!
  while [[ -z $health ]] && read -r -t 60 name url <&3; do
    said+=$name\ $url$'\n'
    [[ $name != health ]] || health=$url
  done
  [[ -n $health ]] || fail "the shop says: $said"
  for probe in live ready startup; do
    curl --silent --fail --max-time 30 "$health/$probe" >/dev/null || fail "health/$probe"
  done
  if [[ -n ${check-} ]]; then
    as_user "$id" "${check[@]/#http:*:9464\/health/$health}" >/dev/null || fail "${check[*]}"
  fi
  kill -TERM "$(<"$root$state/pid")"
  wait "$shop" || fail "the shop ends with $?"
  umount --recursive --lazy "$root"
  umount "$root$state"
}
