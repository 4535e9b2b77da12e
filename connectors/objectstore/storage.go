package objectstore

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob/storage"
)

// storages are the kinds of stores by the order in which they are asked: an address of Azure's is a web server's too.
func (r *reading) storages() []storage.Kind {
	azure := storage.Azure
	azure.Is = func(at storage.Address, o connectors.Options) bool {
		return storage.Azure.Is(at, o) && !isWebFile(at.URL, o)
	}
	web := storage.Kind{
		URLs: "http:// and https://", Form: "https://server/folder/", Options: []string{"files", "bearer_token", "ca"}, Is: isWeb,
		Parse: func(at storage.Address, o connectors.Options) (storage.Place, error) { return parseWeb(r, at.URL, o) },
	}
	return []storage.Kind{storage.S3, azure, storage.GCS, storage.HDFS, web, storage.Folder}
}

// isWebFile tells files of Azure's, which are read as any web server's, from its containers.
func isWebFile(at *url.URL, o connectors.Options) bool {
	if at.Scheme != "https" {
		return false
	}
	_, file := (&reading{}).stem(path.Base(at.Path))
	return file != nil || o["files"] != "" || o["bearer_token"] != ""
}

// common are the options that all storages have, besides those of reading.
var common = []string{"url", "layout", "admission"}

// checkOptions finds options that are unknown or of other storages.
func checkOptions(kinds []storage.Kind, of storage.Kind, o connectors.Options) error {
	for key := range o {
		if strings.HasPrefix(key, tableOptionsPrefix) {
			continue
		}
		if known := slices.Concat(common, of.Options, readingOptions); !slices.Contains(known, key) {
			return storage.Refuse(kinds, key, append(known, tableOptionsPrefix+"..."))
		}
	}
	return nil
}
