<?php // mysqli and PDO read the same values.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$host = getenv("SILOGATE_HOST");
$port = (int) getenv("SILOGATE_PORT");
$query = trim(file_get_contents(__DIR__ . "/values.sql"));
$failed = false;

function check(string $name, callable $run): void {
    global $failed;
    try {
        $run();
    } catch (Throwable $e) {
        $failed = true;
        fwrite(STDERR, "$name: {$e->getMessage()}\n");
    }
}

function same($got, $want): void {
    if ($got !== $want) {
        throw new Exception(var_export($got, true) . ", not " . var_export($want, true));
    }
}

// Integers are strings in the text protocol, and 64 bits wide without a sign in both.
function sameValues(array $row): void {
    same((float) $row[4], 0.1);
    unset($row[4]);
    same(array_map(fn($v) => $v === null ? null : (string) $v, array_values($row)), [
        "1", "-9223372036854775808", "18446744073709551615", "1.50", "häß€😀", "2024-02-29", "2024-02-29 01:02:03.123456",
        "06:03:04", null, "\x00\xff", '{"a": 1}']);
}

foreach (["root" => "sesame", "sha" => "secret"] as $user => $password) {
    check("mysqli as $user", function () use ($host, $port, $query, $user, $password) {
        $c = new mysqli($host, $user, $password, "clients", $port);
        $c->set_charset("utf8mb4");
        sameValues($c->query($query)->fetch_row());
        $s = $c->prepare($query);
        $s->execute();
        sameValues($s->get_result()->fetch_row());
        $s = $c->prepare("SELECT ?, ?");
        [$i, $x] = [150, "ä"];
        $s->bind_param("is", $i, $x);
        $s->execute();
        same($s->get_result()->fetch_row(), [150, "ä"]);
        $c->multi_query("SELECT 1; SELECT 2");
        $all = [];
        do {
            $all[] = $c->store_result()->fetch_row()[0];
        } while ($c->more_results() && $c->next_result());
        same($all, ["1", "2"]);
        $c->change_user($user, $password, "clients");
        try {
            $c->query("SELECT nope FROM orders");
            throw new Exception("an unknown column is no error");
        } catch (mysqli_sql_exception $e) {
            same([$e->getCode(), $e->getSqlState()], [1054, "42S22"]);
        }
    });
    check("mysqli's cursor as $user", function () use ($host, $port, $user, $password) {
        $c = new mysqli($host, $user, $password, "clients", $port);
        $s = $c->prepare("SELECT id FROM orders");
        $s->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
        $s->execute();
        $s->bind_result($id);
        for ($sum = 0; $s->fetch(); $sum += $id);
        same($sum, 500500);
    });
    foreach (["" => [PDO::ATTR_EMULATE_PREPARES => false], ", compressed" => [PDO::MYSQL_ATTR_COMPRESS => true]] as $how => $options) {
        check("PDO as $user$how", function () use ($host, $port, $query, $user, $password, $options) {
            $c = new PDO("mysql:host=$host;port=$port;dbname=clients;charset=utf8mb4", $user, $password, $options);
            sameValues($c->query($query)->fetch(PDO::FETCH_NUM));
            $s = $c->prepare("SELECT COUNT(*), ? FROM orders WHERE id < ?");
            $s->execute(["ä", 150]);
            same(array_map("strval", $s->fetch(PDO::FETCH_NUM)), ["149", "ä"]);
            $c->beginTransaction();
            $c->commit();
        });
    }
}
check("mysqli over TLS", function () use ($host, $port) {
    $c = mysqli_init();
    $c->real_connect($host, "sha", "secret", "clients", $port, null, MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT);
    if ($c->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetch_row()[1] === "") {
        throw new Exception("the connection is not encrypted");
    }
});
exit($failed ? 1 : 0);
