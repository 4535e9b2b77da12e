package storage

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// HDFS is a folder of a Hadoop file system.
var HDFS = Kind{"hdfs://", "hdfs://namenode/folder", []string{"user", "namenodes", "datanode_hostnames"}, isHDFS, parseHDFS}

func isHDFS(at Address, _ connectors.Options) bool {
	return at.Scheme == "hdfs" && at.Hostname() != "" && at.User == nil
}

// namenodePort is that of a namenode whose address has none.
const namenodePort = "8020"

// parseHDFS reads where the namenodes are, and as whom files are read.
func parseHDFS(at Address, o connectors.Options) (Place, error) {
	hdfs := blob.HDFSConfig{Dir: path.Clean("/" + at.Path), User: o["user"]}
	for _, address := range append([]string{at.Host}, strings.Split(o["namenodes"], ",")...) {
		if address = strings.TrimSpace(address); address == "" {
			continue
		}
		address = withPort(address)
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			return Place{}, fmt.Errorf("namenodes must be host:port, with commas")
		}
		hdfs.Namenodes = append(hdfs.Namenodes, address)
	}
	if err := boolean(o, "datanode_hostnames", &hdfs.DatanodeHostnames); err != nil {
		return Place{}, err
	}
	if hdfs.User == "" {
		hdfs.User = os.Getenv("HADOOP_USER_NAME")
	}
	if hdfs.User == "" {
		process, err := user.Current()
		if err != nil {
			return Place{}, fmt.Errorf("option user is missing, and the process has none: %w", err)
		}
		hdfs.User = process.Username
	}
	return Place{
		folder: folderOf(hdfs.Dir),
		path: func(scheme, rest string) (string, bool) {
			host, at, _ := strings.Cut(rest, "/")
			return at, scheme == "hdfs" && (host == "" || slices.Contains(hdfs.Namenodes, withPort(host)))
		},
		Open: func(cfg connectors.Config) (blob.Store, error) {
			hdfs.Log = cfg.Log
			return blob.NewHDFS(hdfs), nil
		},
	}, nil
}

func withPort(namenode string) string {
	if strings.Contains(namenode, ":") {
		return namenode
	}
	return namenode + ":" + namenodePort
}
