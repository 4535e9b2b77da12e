import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.*;
import java.util.Properties;

/**
 * Runs the statements of a business tool through the JDBC driver that it has, as it runs them: tool, URL, file with statements that end with a
 * semicolon at the end of a line. Prints for each how many rows it has and the sum of its exact numbers.
 */
public class Tools {
    static String answer(ResultSet r) throws SQLException {
        ResultSetMetaData m = r.getMetaData();
        long rows = 0;
        BigDecimal sum = BigDecimal.ZERO;
        while (r.next()) {
            rows++;
            for (int i = 1; i <= m.getColumnCount(); i++) {
                Object value = r.getObject(i);
                switch (m.getColumnType(i)) {
                    case Types.TINYINT: case Types.SMALLINT: case Types.INTEGER: case Types.BIGINT: case Types.DECIMAL: case Types.NUMERIC:
                        if (value != null) sum = sum.add(r.getBigDecimal(i));
                        break;
                    case Types.TIMESTAMP:
                        if (value != null && r.getTimestamp(i) == null) throw new SQLException("a moment is none");
                        break;
                    default:
                        r.getString(i);
                }
            }
        }
        return rows + " " + sum.stripTrailingZeros().toPlainString();
    }

    static void run(String tool, Connection c, String statement) throws SQLException {
        if (tool.equals("metabase")) {
            // It reads rows as they come, which only a statement of its own kind does.
            try (PreparedStatement s = c.prepareStatement(statement, ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, ResultSet.CLOSE_CURSORS_AT_COMMIT)) {
                s.setFetchSize(Integer.MIN_VALUE);
                try (ResultSet r = s.executeQuery()) {
                    System.out.println(answer(r));
                }
            }
            return;
        }
        try (Statement s = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
            if (tool.equals("dbeaver")) s.setMaxRows(200);
            if (!s.execute(statement)) {
                System.out.println("0 0");
                return;
            }
            try (ResultSet r = s.getResultSet()) {
                System.out.println(answer(r));
            }
        }
    }

    public static void main(String[] args) throws Exception {
        String tool = args[0];
        Properties p = new Properties();
        p.setProperty("user", "root");
        p.setProperty("password", "sesame");
        try (Connection c = DriverManager.getConnection(args[1], p)) {
            if (tool.equals("metabase")) {
                c.setReadOnly(true);
                c.setAutoCommit(false);
                c.setTransactionIsolation(Connection.TRANSACTION_READ_UNCOMMITTED);
            }
            if (tool.equals("dbeaver")) {
                DatabaseMetaData m = c.getMetaData();
                try (ResultSet r = m.getTables("shop", null, "%", null)) {
                    if (!r.next() || !r.getString("TABLE_NAME").equals("orders")) throw new SQLException("getTables lacks orders");
                }
            }
            for (String statement : Files.readString(Path.of(args[2])).split(";\n")) {
                if (!statement.isBlank()) run(tool, c, statement.strip());
            }
        }
    }
}
