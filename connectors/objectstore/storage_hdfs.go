package objectstore

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/user"
	"path"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

func isHDFS(at *url.URL, _ connectors.Options) bool {
	return at.Scheme == "hdfs" && at.Hostname() != "" && at.User == nil
}

// namenodePort is that of a namenode whose address has none.
const namenodePort = "8020"

// parseHDFS reads where the namenodes are, and as whom files are read.
func parseHDFS(_ *settings, at *url.URL, o connectors.Options) (opener, error) {
	hdfs := blob.HDFSConfig{Dir: path.Clean("/" + at.Path), User: o["user"]}
	for _, address := range append([]string{at.Host}, strings.Split(o["namenodes"], ",")...) {
		if address = strings.TrimSpace(address); address == "" {
			continue
		}
		if !strings.Contains(address, ":") {
			address += ":" + namenodePort
		}
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("namenodes must be host:port, with commas")
		}
		hdfs.Namenodes = append(hdfs.Namenodes, address)
	}
	if err := boolean(o, "datanode_hostnames", &hdfs.DatanodeHostnames); err != nil {
		return nil, err
	}
	if hdfs.User == "" {
		hdfs.User = os.Getenv("HADOOP_USER_NAME")
	}
	if hdfs.User == "" {
		process, err := user.Current()
		if err != nil {
			return nil, fmt.Errorf("option user is missing, and the process has none: %w", err)
		}
		hdfs.User = process.Username
	}
	return func(cfg connectors.Config) (blob.Store, error) {
		hdfs.Log = cfg.Log
		return blob.NewHDFS(hdfs), nil
	}, nil
}
