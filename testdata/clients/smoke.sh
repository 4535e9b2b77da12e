#!/usr/bin/env bash
# The mariadb command and isql read the same values.
set -uo pipefail
failed=0
same() { # what, got, want
  if [ "$2" != "$3" ]; then
    printf '%s: %s, not %s\n' "$1" "$2" "$3" >&2
    failed=1
  fi
}
query=$(cat "$SILOGATE_CLIENTS/values.sql")
values=$'1\t-9223372036854775808\t18446744073709551615\t1.50\t0.1\thäß€😀\t2024-02-29\t2024-02-29 01:02:03.123456\t06:03:04\tNULL\t00FF\t{"a": 1}'
at=(--no-defaults --host "$SILOGATE_HOST" --port "$SILOGATE_PORT" --default-character-set utf8mb4 --batch --skip-column-names)
for mode in "--user root -psesame --skip-ssl" "--user root -psesame --ssl" "--user root -psesame --skip-ssl --compress" "--user sha -psecret --ssl"; do
  read -ra options <<<"$mode"
  got=$(mariadb "${at[@]}" "${options[@]}" clients -e "${query/X\'00ff\'/HEX(X\'00ff\')}" 2>&1)
  same "mariadb ${mode/-p*et/}" "$got" "$values"
done
got=$(mariadb "${at[@]}" --user root -psesame --skip-ssl clients -e "SELECT nope FROM orders" 2>&1 | tail -n 1)
same "mariadb's error" "$got" "ERROR 1054 (42S22) at line 1: Unknown column 'nope' in 'field list'"
same "mariadb's script" "$(printf 'DELIMITER //\nSELECT COUNT(*) FROM orders//\nUSE written//\nSHOW TABLES//\n' | mariadb "${at[@]}" --user root -psesame --skip-ssl clients 2>&1)" $'1000\nbatch'

source="Driver=MariaDB Unicode;SERVER=$SILOGATE_HOST;PORT=$SILOGATE_PORT;UID=root;PWD=sesame;DATABASE=clients"
got=$(echo "SELECT id, price, status, made FROM orders WHERE id = 7" | isql -k "$source" -b -d'|' 2>&1)
same isql "$got" "7|7.00|new|2024-01-01 00:00:00"
exit $failed
