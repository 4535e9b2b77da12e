#!/usr/bin/env bash
# Installs what TestClients, TestClientSuites, TestSuperset and TestNotebook need, by pinned versions, into the cache folder given as the only argument:
# Debian's drivers of PHP, Perl, Ruby and ODBC, and in $cache/clients Python environments, packages of npm and of Maven, and the tests of drivers.
set -euo pipefail
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
clients=$cache/clients
mkdir -p "$clients/jars" "$clients/node" "$clients/src"

packages=(php-cli php-mysql libdbd-mysql-perl ruby-mysql2 odbc-mariadb unixodbc unixodbc-dev libmariadb-dev pkg-config gcc python3-dev nodejs
  maven default-jdk-headless mariadb-client git)
missing=()
for p in "${packages[@]}"; do
  # What a program of the same name stands for may come from elsewhere.
  case $p in
    nodejs) command -v node >/dev/null && continue ;;
    maven) command -v mvn >/dev/null && continue ;;
    default-jdk-headless) command -v java >/dev/null && continue ;;
    python3-dev) python3 -c 'import sysconfig, os, sys; sys.exit(not os.path.exists(sysconfig.get_paths()["include"] + "/Python.h"))' && continue ;;
  esac
  dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -q '^installed$' || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

requirements=$here/requirements-clients.txt
environment() { # folder, requirements
  if ! cmp -s "$2" "$clients/$1/requirements.txt"; then
    rm -rf "${clients:?}/$1"
    python3 -m venv "$clients/$1"
    "$clients/$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
    cp "$2" "$clients/$1/requirements.txt"
  fi
}
environment venv "$requirements"
environment notebook "$here/requirements-notebook.txt"
environment superset "$here/requirements-superset.txt"

# once runs a command where what it made is not there, or was made by another.
once() {
  local done=$clients/$1.done
  shift
  if [ "$(cat "$done" 2>/dev/null)" != "$*" ]; then
    "$@"
    echo "$*" >"$done"
  fi
}

once node npm install --silent --no-package-lock --no-fund --no-audit --prefix "$clients/node" mysql2@3.24.6 mariadb@3.5.4

jar() { mvn --quiet --batch-mode dependency:copy -Dartifact="$1" -DoutputDirectory="$clients/${2:-jars}"; }
once connectorj jar com.mysql:mysql-connector-j:9.1.0
once mariadbj jar org.mariadb.jdbc:mariadb-java-client:3.5.1
# What Metabase has is of an older line, which would stand in the way of the newer one: it is in a folder of its own.
once mariadbj2 jar org.mariadb.jdbc:mariadb-java-client:2.7.12 metabase
once slf4j jar org.slf4j:slf4j-api:2.0.16

# SQLAlchemy's source has what its suite asks of MySQL, which the installed package lacks.
sqlalchemy() {
  rm -rf "$clients/src/sqlalchemy"*
  "$clients/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary SQLAlchemy -d "$clients/src" "SQLAlchemy==$1"
  mkdir "$clients/src/sqlalchemy"
  tar xzf "$clients/src/sqlalchemy-$1.tar.gz" -C "$clients/src/sqlalchemy" --strip-components 1
}
once sqlalchemy sqlalchemy "$(sed -n 's/^SQLAlchemy==//p' "$requirements")"

# No package of PyMySQL has its tests. They are of the commit that is tagged v1.2.0.
pymysql() {
  rm -rf "$clients/src/pymysql"
  git init --quiet "$clients/src/pymysql"
  git -C "$clients/src/pymysql" fetch --quiet --depth 1 https://github.com/PyMySQL/PyMySQL "$1"
  git -C "$clients/src/pymysql" checkout --quiet FETCH_HEAD
}
once pymysql pymysql 0f1c324a6b73e34810af3e584f6d32554604488a || echo "PyMySQL's own tests are not to be had here: they will be skipped" >&2
