package objectstore

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// parseWeb reads which files of a web server are data: those of the option files below the URL, or the URL's own.
func parseWeb(s *settings, base *url.URL, o connectors.Options) (opener, error) {
	web := blob.HTTPConfig{Token: connectors.Secret(o["bearer_token"]), CA: o["ca"]}
	if o["files"] == "" {
		folder, name := path.Split(base.Path)
		if s.kindOf(name) == nil {
			return nil, fmt.Errorf("url must be that of a data file, or option files must name some below it: a web server lists none")
		}
		web.Files = []string{name}
		base = base.ResolveReference(&url.URL{Path: folder})
	}
	for name := range strings.SplitSeq(o["files"], ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if strings.HasPrefix(name, "/") || path.Clean(name) != name || strings.HasPrefix(name, "..") || s.kindOf(name) == nil {
			return nil, fmt.Errorf("files must be paths of data files below the url: %s is none", name)
		}
		web.Files = append(web.Files, name)
	}
	if !strings.HasSuffix(base.Path, "/") {
		base = base.JoinPath("/")
	}
	web.Base = base
	return func(cfg connectors.Config) (blob.Store, error) {
		web.Log = cfg.Log
		return blob.NewHTTP(web)
	}, nil
}
