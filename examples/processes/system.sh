#!/bin/sh
# Two plain processes, web-1 and web-2, on 127.0.0.1. Each is known by its pid file.
#
#   ./system.sh up                     build the server, start both
#   ./system.sh down                   end both
#   ./system.sh start|kill NAME        a process is there, or is killed (-9)
#   ./system.sh freeze|thaw NAME       SIGSTOP and SIGCONT
#   ./system.sh frozen NAME            exit 0 while it is stopped
#
# Each may be said twice: what is done already is left alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${SYSTEM_DIR:-/tmp/showdown-processes-$(id -u)}
server=$dir/server

# pid is the number of the process, if it is still ours and not another one's.
pid() {
	number=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
	[ "$(readlink "/proc/$number/exe" 2>/dev/null)" = "$server" ] && echo "$number"
}

start() {
	if pid "$1" >/dev/null; then return; fi
	# Its output goes to a file of its own, as for every process that outlives a command.
	NAME=$1 HOST=127.0.0.1 PORT=$((${BASE_PORT:-18080} + ${1#web-})) "$server" >>"$dir/$1.log" 2>&1 &
	echo $! >"$dir/$1.pid"
}

send() {
	if number=$(pid "$2"); then kill "-$1" "$number"; fi
}

case ${1:-} in
up)
	mkdir -p "$dir"
	[ -x "$server" ] || (cd "$here/../server" && go build -o "$server" .)
	start web-1
	start web-2
	;;
down)
	send CONT web-1 && send KILL web-1
	send CONT web-2 && send KILL web-2
	rm -rf "$dir"
	;;
start) start "$2" ;;
kill) send KILL "$2" ;;
freeze) send STOP "$2" ;;
thaw) send CONT "$2" ;;
frozen) number=$(pid "$2") && grep -q '^State:.*stopped' "/proc/$number/status" ;;
*)
	sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
