package objectstore

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/blob/storage"
)

func isWeb(at storage.Address, _ connectors.Options) bool {
	return (at.Scheme == "http" || at.Scheme == "https") && at.Host != "" && at.User == nil
}

// parseWeb reads which files of a web server are data: those of the option files below the URL, or the URL's own.
func parseWeb(r *reading, base *url.URL, o connectors.Options) (storage.Place, error) {
	web := blob.HTTPConfig{Token: connectors.Secret(o["bearer_token"]), CA: o["ca"]}
	if o["files"] == "" {
		folder, name := path.Split(base.Path)
		if r.kindOf(name) == nil {
			return storage.Place{}, fmt.Errorf("url must be that of a data file, or option files must name some below it: a web server lists none")
		}
		web.Files = []string{name}
		base = base.ResolveReference(&url.URL{Path: folder})
	}
	for name := range strings.SplitSeq(o["files"], ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if strings.HasPrefix(name, "/") || path.Clean(name) != name || strings.HasPrefix(name, "..") || r.kindOf(name) == nil {
			return storage.Place{}, fmt.Errorf("files must be paths of data files below the url: %s is none", name)
		}
		web.Files = append(web.Files, name)
	}
	if !strings.HasSuffix(base.Path, "/") {
		base = base.JoinPath("/")
	}
	web.Base = base
	return storage.Place{Open: func(cfg connectors.Config) (blob.Store, error) {
		web.Log = cfg.Log
		return blob.NewHTTP(web)
	}}, nil
}
