// mysql2 and mariadb of Node.js read the same values.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const installed = createRequire(path.join(process.env.SILOGATE_NODE, "package.json"));

const query = fs.readFileSync(path.join(__dirname, "values.sql"), "utf8").trim();
const at = { host: process.env.SILOGATE_HOST, port: Number(process.env.SILOGATE_PORT), database: "clients" };
const root = { user: "root", password: "sesame" };
const sha = { user: "sha", password: "secret" };
const anyCertificate = { rejectUnauthorized: false };

function sameValues(row) {
  const { b, j, ts, dt, ...rest } = row;
  assert.deepEqual({ ...rest }, {
    i: "1", big: "-9223372036854775808", u: "18446744073709551615", d: "1.50", f: 0.1, s: "häß€😀", t: "06:03:04", n: null,
  });
  assert.deepEqual([...b], [0, 255]);
  assert.deepEqual(j, { a: 1 });
  assert.match(ts, /^2024-02-29 01:02:03\.123456$/);
  assert.equal(dt, "2024-02-29");
}

async function withMysql2(options) {
  const mysql2 = installed("mysql2/promise");
  const c = await mysql2.createConnection({ ...at, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, ...options });
  try {
    sameValues((await c.query(query))[0][0]);
    sameValues((await c.execute(query))[0][0]);
    const [rows] = await c.execute("SELECT ? a, ? b, ? c", [150, "ä", null]);
    assert.deepEqual({ ...rows[0] }, { a: 150, b: "ä", c: null });
    let sum = 0;
    await new Promise((done, failed) => c.connection.query("SELECT id FROM orders").on("result", (r) => { sum += Number(r.id); }).on("end", done).on("error", failed));
    assert.equal(sum, 500500);
    await c.changeUser({ user: options.user, password: options.password, database: "clients" });
    await c.ping();
    await assert.rejects(c.query("SELECT nope FROM orders"), { errno: 1054, sqlState: "42S22" });
  } finally {
    await c.end();
  }
}

async function withMariadb(options) {
  const mariadb = installed("mariadb");
  const c = await mariadb.createConnection({ ...at, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, ...options });
  try {
    sameValues((await c.query(query))[0]);
    const rows = await c.execute("SELECT ? a, ? b, ? c", [150, "ä", null]);
    assert.deepEqual([Number(rows[0].a), rows[0].b, rows[0].c], [150, "ä", null]);
    await c.reset();
    await assert.rejects(c.query("SELECT nope FROM orders"), { errno: 1054, sqlState: "42S22" });
  } finally {
    await c.end();
  }
}

(async () => {
  for (const [name, run, options] of [
    ["mysql2", withMysql2, root], ["mysql2, compressed", withMysql2, { ...root, compress: true }],
    ["mysql2 with caching_sha2_password", withMysql2, sha], ["mysql2 over TLS", withMysql2, { ...sha, ssl: anyCertificate }],
    ["mariadb", withMariadb, root], ["mariadb, compressed", withMariadb, { ...root, compress: true }],
    ["mariadb with caching_sha2_password", withMariadb, { ...sha, allowPublicKeyRetrieval: true }],
    ["mariadb over TLS", withMariadb, { ...sha, ssl: anyCertificate }],
  ]) {
    try {
      await run(options);
    } catch (e) {
      console.error(`${name}: ${e.message}`);
      process.exitCode = 1;
    }
  }
})();
