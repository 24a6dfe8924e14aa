# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A conversion server for tests and the demo: a private sshd on loopback with its
# own host key and a login user that exists only for it.  The user lives in a
# mount namespace (copies of /etc/passwd and its friends are bound over the real
# ones), so nothing of the machine is changed.  Root.
#
#   sshd_start DIR [sshd_config line]…   then: SSHD_PORT SSHD_PID SSHD_HOSTKEY (SHA256:…)
#   sshd_stop
#   sshd_exec COMMAND…                    runs a command as the login user over there
#
# DIR receives: id, id.pub (the login key), host_ed25519, home/, sshd.log.
# p2v-server from $BUILD is installed under DIR/server, where the login user finds it in
# its PATH; SSHD_NO_SERVER=1 leaves it out.  SSHD_MOUNTS, lines "FROM TO", are bound
# in that namespace as well.

SSHD_USER=p2vlogin
SSHD_UID=61234
# Of the login user, for tests of passwords.
# shellcheck disable=SC2034
SSHD_PASSWORD='correct horse'

free_port () {
  python3 -c 'import socket; s = socket.socket (); s.bind (("127.0.0.1", 0)); print (s.getsockname ()[1])'
}

# wait_port PORT: until somebody listens there
wait_port () {
  local _
  for _ in $(seq 300); do
    [ -z "$(ss -H -ltn "sport = :$1")" ] || return 0
    sleep 0.1
  done
  return 1
}

# The files that make the user, for the mount namespace.
sshd_make_user () {
  local dir=$1 hash
  hash=$(openssl passwd -6 "$SSHD_PASSWORD")
  mkdir -p "$dir/etc" "$dir/home"
  { cat /etc/passwd; echo "$SSHD_USER:x:$SSHD_UID:$SSHD_UID::$dir/home:/bin/bash"; } >"$dir/etc/passwd"
  { cat /etc/group; echo "$SSHD_USER:x:$SSHD_UID:"; } >"$dir/etc/group"
  { cat /etc/shadow; echo "$SSHD_USER:$hash:19000:0:99999:7:::"; } >"$dir/etc/shadow"
  chmod 600 "$dir/etc/shadow"
  chown "$SSHD_UID:$SSHD_UID" "$dir/home"
  chmod 700 "$dir/home"
}

sshd_start () {
  local dir=$1 _
  shift
  mkdir -p "$dir" /run/sshd
  if [ -z "${SSHD_NO_SERVER:-}" ]; then
    install -D -t "$dir/server/bin" "$BUILD/bin/p2v-server"
    install -D -m 644 -t "$dir/server/lib/p2v" "$BUILD"/lib/p2v/*.so
    # Only with sanitizers (Makefile).
    [ ! -e "$BUILD/bin/nbdkit" ] || install -t "$dir/server/bin" "$BUILD/bin/nbdkit"
  fi
  [ -e "$dir/host_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/host_ed25519"
  [ -e "$dir/id" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/id"
  sshd_make_user "$dir"
  cp "$dir/id.pub" "$dir/authorized_keys"
  SSHD_PORT=$(free_port)
  cat >"$dir/sshd_config" <<CONFIG
Port $SSHD_PORT
ListenAddress 127.0.0.1
HostKey $dir/host_ed25519
PidFile none
AuthorizedKeysFile $dir/authorized_keys
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
AllowTcpForwarding no
AllowUsers $SSHD_USER root
SetEnv PATH=$dir/server/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg LIBGUESTFS_CACHEDIR=$(sshd_appliance_cache) P2V_TEST_MARK=${P2V_TEST_MARK:-none} ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} LSAN_OPTIONS=${LSAN_OPTIONS:-} ${P2V_STATE_DIR:+P2V_STATE_DIR=$P2V_STATE_DIR}
CONFIG
  # First value wins in sshd_config: the caller's lines come first.
  if [ $# -gt 0 ]; then
    { printf '%s\n' "$@"; cat "$dir/sshd_config"; } >"$dir/sshd_config.new"
    mv "$dir/sshd_config.new" "$dir/sshd_config"
  fi
  {
    for _ in passwd group shadow; do echo "$dir/etc/$_ /etc/$_"; done
    printf '%s' "${SSHD_MOUNTS:-}"
  } >"$dir/mounts"
  # shellcheck disable=SC2016
  unshare --mount --propagation private -- /bin/bash -ec '
    while read -r from to; do mount --bind "$from" "$to"; done <"$0/mounts"
    exec /usr/sbin/sshd -D -e -f "$0/sshd_config"' "$dir" >"$dir/sshd.log" 2>&1 &
  SSHD_PID=$!
  SSHD_DIR=$dir
  # shellcheck disable=SC2034
  SSHD_HOSTKEY=$(ssh-keygen -lf "$dir/host_ed25519.pub" | cut -d' ' -f2)
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$SSHD_PORT") 2>/dev/null && return 0
    kill -0 "$SSHD_PID" 2>/dev/null || break
    sleep 0.1
  done
  cat "$dir/sshd.log" >&2
  return 1
}

# libguestfs builds its appliance once per user and cache folder; tests share one.
sshd_appliance_cache () {
  local cache=/var/tmp/p2v-appliance-$SSHD_UID
  [ -d "$cache" ] || install -d -m 700 -o "$SSHD_UID" -g "$SSHD_UID" "$cache"
  echo "$cache"
}

sshd_stop () {
  [ -n "${SSHD_PID:-}" ] || return 0
  # Sessions are children of the listener; jobs are detached from it on purpose.
  pkill -P "$SSHD_PID" 2>/dev/null || true
  kill "$SSHD_PID" 2>/dev/null || true
  wait "$SSHD_PID" 2>/dev/null || true
  SSHD_PID=
}

sshd_exec () {
  ssh -q -F none -p "$SSHD_PORT" -i "$SSHD_DIR/id" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no "$SSHD_USER@127.0.0.1" "$@"
}
