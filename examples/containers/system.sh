#!/bin/sh
# Two containers, web-1 and web-2, on 127.0.0.1. They use the host's network, so that the
# example needs no bridge and no firewall rule.
#
#   ./system.sh up                     build the image (FROM scratch), run both
#   ./system.sh down                   remove containers and image
#
# The faults of the stage are docker's own: pause, unpause, kill, start.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
image=showdown-example

up() {
	context=$(mktemp -d)
	trap 'rm -rf "$context"' EXIT
	cp "$here/Dockerfile" "$context/"
	(cd "$here/../server" && CGO_ENABLED=0 go build -o "$context/server" .)
	docker build --quiet --tag "$image" "$context"
	for name in web-1 web-2; do
		docker run --detach --name "$image-$name" --network host --env "NAME=$name" --env HOST=127.0.0.1 \
			--env "PORT=$((${BASE_PORT:-18090} + ${name#web-}))" "$image"
	done
}

case ${1:-} in
up) up ;;
down)
	docker rm --force "$image-web-1" "$image-web-2"
	docker rmi --force "$image"
	;;
*)
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
