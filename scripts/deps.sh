#!/usr/bin/env bash
# Installs what the integration tests and linters need: Debian's servers, and into the cache folder given as the only
# argument tools built from pinned module versions and a Python environment. Does nothing where all of it is there.
set -euo pipefail
cache=$1
mkdir -p "$cache/bin"

packages=(postgresql-15 mariadb-server mariadb-client python3-venv locales)
command -v npm >/dev/null || packages+=(nodejs npm)
command -v javac >/dev/null || packages+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || packages+=(maven)
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -q '^installed$' || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# Locales that operators of Postgres choose, besides C and ICU's: name, definition, character set.
installed=$(localedef --list-archive 2>/dev/null || true)
while read -r name definition charset; do
  grep -qix "${name/UTF-8/utf8}" <<<"$installed" || localedef -i "$definition" -f "$charset" "$name"
done <<<"en_US.UTF-8 en_US UTF-8
tr_TR.UTF-8 tr_TR UTF-8
de_DE.UTF-8 de_DE UTF-8
de_DE de_DE ISO-8859-1"

# A tool is rebuilt when its pinned version changes.
tool() {
  local program=$1 module=$2 version=$3
  if [ ! -x "$cache/bin/$program" ] || [ "$(cat "$cache/bin/$program.version" 2>/dev/null)" != "$version" ]; then
    echo "building $program $version"
    GOFLAGS='' CGO_ENABLED=0 GOBIN=$cache/bin go install "$module@$version"
    echo "$version" >"$cache/bin/$program.version"
  fi
}
tool gotestsum gotest.tools/gotestsum v1.13.0
tool versitygw github.com/versity/versitygw/cmd/versitygw v1.8.0
tool fake-gcs-server github.com/fsouza/fake-gcs-server v1.56.0
tool golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint v2.15.0

# The server of Azure's Blob Storage is a program for Node.
azurite=3.37.0
if [ "$(cat "$cache/azurite/version" 2>/dev/null)" != "$azurite" ]; then
  mkdir -p "$cache/azurite"
  npm install --silent --no-audit --no-fund --prefix "$cache/azurite" "azurite@$azurite"
  echo "$azurite" >"$cache/azurite/version"
fi

# A server of Java in one process is compiled anew when it or what it needs changes.
jvm() {
  local cached=$cache/$1 class=$2 source
  source=$(dirname "$0")/../internal/testserver/$1
  if ! cmp -s "$source/pom.xml" "$cached/pom.xml" || ! cmp -s "$source/$class.java" "$cached/$class.java"; then
    mkdir -p "$cached"
    mvn -B -q -f "$source/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cached/lib"
    javac -cp "$cached/lib/*" -d "$cached" "$source/$class.java"
    cp "$source/pom.xml" "$source/$class.java" "$cached/"
  fi
}
jvm minidfs MiniDfs
jvm icebergrest IcebergRest

# A virtual environment is installed anew when its requirements change.
environment() {
  local venv=$cache/$1 requirements
  requirements=$(dirname "$0")/$2
  if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/requirements.txt"
  fi
}
environment venv requirements.txt
environment venv-iceberg requirements-iceberg.txt
environment venv-delta requirements-delta.txt
