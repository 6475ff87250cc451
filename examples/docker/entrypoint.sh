#!/bin/sh
# What a container runs is a command of madsci-events: `serve`, `migrate …`, `query …`.
#
# Written out it works too (`madsci-events …`, `npx madsci-events …`), and so do the two commands of MADSci's own
# documentation. node, npm, npx and shells run as they are.
set -eu

case "${1:-} ${2:-} ${3:-}" in
"npx madsci-events "*) shift 2 ;;
"madsci-events "*) shift ;;
"python -m madsci.common.mongodb_migration_tool") shift 3 && set -- migrate "$@" ;;
"python -m madsci.event_manager.event_server") shift 3 && set -- serve "$@" ;;
esac
case "${1:-}" in
node | npm | npx | sh | bash) exec "$@" ;;
esac
exec madsci-events "$@"
