#!/bin/sh
# Becomes the program that is named behind it. Whatever that writes is for its own user alone: Prefect makes some of its
# files readable for everybody. ENVIRONMENT_FILE, where it is set, is a file of NAME='value' lines, so that secrets stand
# neither in a command nor in a description of the container.
set -eu
umask 077
if [ -n "${ENVIRONMENT_FILE:-}" ]; then
    set -a
    # shellcheck disable=SC1090  # which file it is, is not known before
    . "$ENVIRONMENT_FILE"
    set +a
    unset ENVIRONMENT_FILE
fi
exec "$@"
