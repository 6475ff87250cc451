#!/bin/sh
# Writes .env for compose.yaml: which database the Event Manager uses, and a random password for it.
#
#   sh examples/docker/choose-database.sh mongodb     MongoDB, for what lasts
#   sh examples/docker/choose-database.sh ferretdb    FerretDB on SQLite, for trying things out (it has no password)
#
# Without .env it is an SQLite file in the volume "data". A .env that is there stays: MongoDB would not take a new password.
set -eu
# Beside compose.yaml: only there Compose looks for it.
cd "$(dirname "$0")/../.."
umask 077

if [ -e .env ]; then
  echo "$PWD/.env is there already; remove it first (its password belongs to the volume \"mongodb\")" >&2
  exit 1
fi
case "${1:-}" in
mongodb)
  password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  cat >.env <<END
COMPOSE_PROFILES=mongodb
DATABASE_PASSWORD=$password
MONGO_DB_URL=mongodb://events:$password@mongodb:27017/madsci_events?authSource=admin
END
  ;;
ferretdb)
  cat >.env <<END
COMPOSE_PROFILES=ferretdb
MONGO_DB_URL=mongodb://ferretdb:27017/madsci_events
END
  ;;
*)
  echo "usage: sh examples/docker/choose-database.sh mongodb|ferretdb" >&2
  exit 2
  ;;
esac
echo "wrote $PWD/.env; next: docker compose up -d"
