import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.*;
import java.util.*;

/** Connector/J and MariaDB Connector/J, in the modes that differ on the wire, read the same values. */
public class Smoke {
    static final String AT = System.getenv("SILOGATE_HOST") + ":" + System.getenv("SILOGATE_PORT") + "/clients?";
    static final String ROOT = AT + "user=root&password=sesame", SHA = AT + "user=sha&password=secret";

    static void same(Object got, Object want) {
        if (!Objects.equals(got, want)) throw new AssertionError(got + ", not " + want);
    }

    static void values(ResultSet r) throws SQLException {
        if (!r.next()) throw new AssertionError("no row");
        same(r.getInt("i"), 1);
        same(r.getLong("big"), Long.MIN_VALUE);
        same(r.getBigDecimal("u"), new BigDecimal("18446744073709551615"));
        same(r.getBigDecimal("d"), new BigDecimal("1.50"));
        same(r.getDouble("f"), 0.1);
        same(r.getString("s"), "häß€😀");
        same(r.getDate("dt"), java.sql.Date.valueOf("2024-02-29"));
        same(r.getTimestamp("ts"), Timestamp.valueOf("2024-02-29 01:02:03.123456"));
        same(r.getTime("t").toString(), "06:03:04");
        same(r.getObject("n"), null);
        same(Arrays.toString(r.getBytes("b")), "[0, -1]");
        same(r.getString("j"), "{\"a\": 1}");
    }

    static List<String> column(ResultSet r, String name) throws SQLException {
        List<String> all = new ArrayList<>();
        try (r) {
            while (r.next()) all.add(r.getString(name));
        }
        return all;
    }

    static void metadata(DatabaseMetaData m) throws SQLException {
        same(column(m.getTables("clients", null, "%", null), "TABLE_NAME"), List.of("orders"));
        same(column(m.getColumns("clients", null, "orders", "%"), "COLUMN_NAME"), List.of("id", "price", "status", "made"));
        same(column(m.getColumns("clients", null, "orders", "price"), "COLUMN_SIZE"), List.of("12"));
        same(column(m.getPrimaryKeys("clients", null, "orders"), "COLUMN_NAME"), List.of("id"));
        same(column(m.getIndexInfo("clients", null, "orders", true, true), "COLUMN_NAME"), List.of("id"));
        same(column(m.getImportedKeys("clients", null, "orders"), "PKTABLE_NAME"), List.of());
        same(column(m.getProcedures("clients", null, "%"), "PROCEDURE_NAME"), List.of());
        if (!column(m.getCatalogs(), "TABLE_CAT").contains("clients")) throw new AssertionError("getCatalogs lacks clients");
        if (column(m.getTypeInfo(), "TYPE_NAME").isEmpty()) throw new AssertionError("getTypeInfo is empty");
    }

    static void run(String url) throws Exception {
        String query = Files.readString(Path.of(System.getenv("SILOGATE_CLIENTS"), "values.sql")).trim();
        try (Connection c = DriverManager.getConnection(url)) {
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(query)) {
                values(r);
            }
            try (PreparedStatement s = c.prepareStatement(query); ResultSet r = s.executeQuery()) {
                values(r);
            }
            try (PreparedStatement s = c.prepareStatement("SELECT ?, ?, ?, ?, ?, ?")) {
                s.setInt(1, 150);
                s.setLong(2, 3000000000L);
                s.setString(3, "ä");
                s.setTimestamp(4, Timestamp.valueOf("2024-02-29 01:02:03.5"));
                s.setBigDecimal(5, new BigDecimal("1.250"));
                s.setNull(6, Types.INTEGER);
                try (ResultSet r = s.executeQuery()) {
                    r.next();
                    same(r.getInt(1), 150);
                    same(r.getLong(2), 3000000000L);
                    same(r.getString(3), "ä");
                    same(r.getTimestamp(4), Timestamp.valueOf("2024-02-29 01:02:03.5"));
                    same(r.getBigDecimal(5).compareTo(new BigDecimal("1.25")), 0);
                    same(r.getObject(6), null);
                }
            }
            // Another statement runs while the first one's rows are fetched.
            try (PreparedStatement s = c.prepareStatement("SELECT id FROM orders WHERE id <= ? ORDER BY id")) {
                s.setFetchSize(100);
                s.setInt(1, 900);
                long sum = 0;
                try (ResultSet r = s.executeQuery(); Statement other = c.createStatement()) {
                    while (r.next()) {
                        sum += r.getLong(1);
                        if (r.getLong(1) % 300 != 0) continue;
                        try (ResultSet one = other.executeQuery("SELECT COUNT(*) FROM orders WHERE id < " + r.getLong(1))) {
                            one.next();
                            same(one.getLong(1), r.getLong(1) - 1);
                        }
                    }
                }
                same(sum, 405450L);
            }
            metadata(c.getMetaData());
            c.setAutoCommit(false);
            try (PreparedStatement s = c.prepareStatement("INSERT INTO written.batch VALUES (?, ?)")) {
                for (int i = 0; i < 250; i++) {
                    s.setInt(1, i);
                    s.setString(2, "ä" + i);
                    s.addBatch();
                }
                same(s.executeBatch().length, 250);
            }
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT COUNT(*), MAX(note) FROM written.batch")) {
                r.next();
                same(r.getInt(1), 250);
                same(r.getString(2), "ä99");
            }
            c.rollback();
            c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            if (!c.isValid(1)) throw new AssertionError("isValid is false");
            try (Statement s = c.createStatement()) {
                s.executeQuery("SELECT nope FROM orders");
                throw new AssertionError("an unknown column is no error");
            } catch (SQLException e) {
                same(e.getErrorCode() + " " + e.getSQLState(), "1054 42S22");
            }
        }
    }

    public static void main(String[] args) {
        boolean failed = false;
        for (String url : List.of(
                "mysql://" + ROOT, "mysql://" + ROOT + "&sslMode=DISABLED", "mysql://" + SHA + "&sslMode=DISABLED&allowPublicKeyRetrieval=true",
                "mysql://" + ROOT + "&useServerPrepStmts=true", "mysql://" + ROOT + "&useCursorFetch=true&defaultFetchSize=100",
                "mysql://" + ROOT + "&rewriteBatchedStatements=true", "mysql://" + ROOT + "&useCompression=true",
                "mysql://" + ROOT + "&useInformationSchema=true", "mariadb://" + ROOT, "mariadb://" + ROOT + "&sslMode=trust",
                "mariadb://" + ROOT + "&useServerPrepStmts=true", "mariadb://" + ROOT + "&useCompression=true", "mariadb://" + SHA + "&sslMode=trust")) {
            try {
                run("jdbc:" + url);
            } catch (Throwable e) {
                failed = true;
                System.err.println(url.replaceAll("password=[a-z]*", "password=***") + ": " + e);
            }
        }
        System.exit(failed ? 1 : 0);
    }
}
