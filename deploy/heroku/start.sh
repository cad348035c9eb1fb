#!/bin/sh
# Writes the worker's file, which a dyno does not bring along, and becomes the program that is named behind it.
# WORKER_FILE is what the file holds but for ledger_url and console_listen: Heroku changes the address of the database by
# itself, and gives each dyno a port of its own. Neither it nor that address stays in the environment.
set -eu
umask 077
[ -n "${WORKER_FILE:-}" ] || { echo "rekey: WORKER_FILE is not set. Give it what docs/how-to/production.md says." >&2; exit 1; }
[ -n "${DATABASE_URL:-}" ] || { echo "rekey: DATABASE_URL is not set. Add a PostgreSQL database to the app." >&2; exit 1; }
folder=${HOME:?}/.worker
mkdir -p "$folder"
{
    printf '%s\n' "$WORKER_FILE"
    printf 'ledger_url = "postgresql+psycopg://%s?sslmode=require"\n' "${DATABASE_URL#*://}"
    printf 'console_listen = "0.0.0.0:%s"\n' "${PORT:-4280}"
} >"$folder/rekey.toml"
unset WORKER_FILE DATABASE_URL
export REKEY_CONFIG="$folder/rekey.toml" PREFECT_HOME="$folder/prefect"
export PREFECT_RESULTS_LOCAL_STORAGE_PATH="$folder/prefect/storage" PYTHONPATH="$PWD"
exec "$@"
