import java.io.File;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** A namenode at the port of the first argument and a data node, which keep their files in the folder of the second. */
public class MiniDfs {
  public static void main(String[] args) throws Exception {
    Configuration c = new Configuration();
    c.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, new File(args[1]).getAbsolutePath());
    c.setInt("dfs.replication", 1);
    MiniDFSCluster cluster = new MiniDFSCluster.Builder(c).nameNodePort(Integer.parseInt(args[0])).numDataNodes(1).format(true).build();
    cluster.waitActive();
    Thread.currentThread().join();
  }
}
