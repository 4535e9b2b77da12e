import java.io.File;
import java.net.InetSocketAddress;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.rest.RESTCatalogAdapter;
import org.apache.iceberg.rest.RESTCatalogServlet;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;

/** A REST catalog of Apache Iceberg over tables in a SQLite file: IcebergRest PORT FOLDER. */
public class IcebergRest {
  public static void main(String[] args) throws Exception {
    File folder = new File(args[1]);
    Catalog catalog = CatalogUtil.buildIcebergCatalog("rest", Map.of(
        "catalog-impl", "org.apache.iceberg.jdbc.JdbcCatalog",
        "jdbc.schema-version", "V1",
        "uri", "jdbc:sqlite:" + new File(folder, "rest.db"),
        "warehouse", "file://" + folder + "/warehouse"), new Configuration());
    ServletContextHandler handler = new ServletContextHandler(ServletContextHandler.NO_SESSIONS);
    handler.addServlet(new ServletHolder(new RESTCatalogServlet(new RESTCatalogAdapter(catalog))), "/*");
    Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
    server.setHandler(handler);
    server.start();
    server.join();
  }
}
