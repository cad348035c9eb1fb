#!/bin/sh
# Makes a folder for Heroku, which looks for its files at the top: the checkout as it was committed last, the Procfile, and
# the lock under the name that the buildpack for Python knows (it holds hashes, so pip takes nothing without one).
# Usage, in the checkout: deploy/heroku/prepare.sh FOLDER; then git init, commit and push there.
set -eu
folder=${1:?the folder to make}
[ ! -e "$folder" ] || { echo "rekey: $folder is there already. Name another one, or delete it." >&2; exit 1; }
mkdir "$folder"
git archive HEAD | tar -x -C "$folder"
cp "$folder/deploy/heroku/Procfile" "$folder/deploy/heroku/app.json" "$folder"
cp "$folder/requirements-production.lock" "$folder/requirements.txt"
echo 3.13 >"$folder/.python-version"
