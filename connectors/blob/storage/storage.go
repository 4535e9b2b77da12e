// Package storage knows which store the address of a source's files names, and the options that say how it is reached. They are the same for
// every connector that reads files.
package storage

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
)

// Kind is a kind of store.
type Kind struct {
	URLs    string   // that name one, for messages
	Form    string   // of these, for messages
	Options []string // that not all kinds have
	Is      func(Address, connectors.Options) bool
	Parse   func(Address, connectors.Options) (Place, error)
}

// Address says where a source's files are.
type Address struct {
	*url.URL
	Option string // that it is the value of, for messages
}

// Place is where a source's files are, as options have said.
type Place struct {
	Open   func(connectors.Config) (blob.Store, error) // without I/O on it
	Prefix string                                      // of their keys; empty or ending in a slash
	Local  bool                                        // they lie in a folder of this machine

	folder string                                   // with a slash at its end, that keys are relative to; "": keys are paths of a bucket
	path   func(scheme, rest string) (string, bool) // of a file in the store by its address, without a slash before it; false: it is in another store
}

// Find returns the first kind of store that the address in an option names.
func Find(kinds []Kind, option string, o connectors.Options) (Kind, Address, error) {
	text := o[option]
	at, err := url.Parse(text)
	switch {
	case text == "":
		return Kind{}, Address{}, fmt.Errorf("option %s is missing", option)
	case strings.HasPrefix(text, "/"):
		at = &url.URL{Scheme: "file", Path: text} // whatever characters it has
	case err != nil:
		return Kind{}, Address{}, fmt.Errorf("%s is malformed", option)
	}
	if _, password := at.User.Password(); password || at.RawQuery != "" || at.Fragment != "" {
		return Kind{}, Address{}, fmt.Errorf("%s must be %s and nothing more", option, forms(kinds))
	}
	address := Address{at, option}
	for _, k := range kinds {
		if k.Is(address, o) {
			return k, address, nil
		}
	}
	return Kind{}, Address{}, fmt.Errorf("%s must be %s", option, forms(kinds))
}

func forms(kinds []Kind) string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.Form)
	}
	return strings.Join(out, ", ")
}

// Refuse says why an option is none that a source has: it is for other kinds of stores, or unknown; known are the source's.
func Refuse(kinds []Kind, option string, known []string) error {
	var others []string
	for _, k := range kinds {
		if slices.Contains(k.Options, option) {
			others = append(others, k.URLs)
		}
	}
	if others != nil {
		return fmt.Errorf("option %s is for %s only", option, strings.Join(others, ", "))
	}
	return fmt.Errorf("unknown option %s (known: %s)", option, strings.Join(known, ", "))
}

// Key returns the key of a file by its full address, as the programs that wrote it have it. False: it does not lie below the place.
func (p Place) Key(address string) (string, bool) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		scheme, rest = "", strings.TrimPrefix(address, "file:")
	}
	at, ok := p.path(scheme, rest)
	switch {
	case !ok:
		return "", false
	case p.folder != "":
		return strings.CutPrefix(path.Clean("/"+at), p.folder)
	}
	return at, strings.HasPrefix(at, p.Prefix) && !slices.Contains(strings.Split(at, "/"), "..")
}

// bucketPath is the path of a file by an address whose host is a bucket.
func bucketPath(bucket string, schemes ...string) func(scheme, rest string) (string, bool) {
	return func(scheme, rest string) (string, bool) {
		host, key, _ := strings.Cut(rest, "/")
		return key, host == bucket && slices.Contains(schemes, scheme)
	}
}

// Folder is a folder of this machine.
var Folder = Kind{"folders", "file:///folder or /folder", nil, isFolder, parseFolder}

func isFolder(at Address, _ connectors.Options) bool {
	return at.Scheme == "file" && at.Host == "" && at.User == nil && strings.HasPrefix(at.Path, "/")
}

func parseFolder(at Address, _ connectors.Options) (Place, error) {
	return Place{
		Local:  true,
		folder: folderOf(at.Path),
		path: func(scheme, rest string) (string, bool) {
			return strings.TrimPrefix(rest, "/"), (scheme == "" || scheme == "file") && strings.HasPrefix(rest, "/")
		},
		Open: func(cfg connectors.Config) (blob.Store, error) { return blob.NewLocal(at.Path, cfg.LocalRoots) },
	}, nil
}

// folderOf is the absolute path of a folder with a slash at its end.
func folderOf(name string) string {
	return strings.TrimSuffix(path.Clean(name), "/") + "/"
}

// prefixOf is what the keys below a path begin with.
func prefixOf(path string) string {
	if path = strings.Trim(path, "/"); path != "" {
		path += "/"
	}
	return path
}

// server reads an option that is the address of a server; nil: it is not given.
func server(o connectors.Options, key string) (*url.URL, error) {
	if o[key] == "" {
		return nil, nil
	}
	u, err := url.Parse(o[key])
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%s must be http://host[:port] or https://host[:port]", key)
	}
	return u, nil
}

// boolean reads an option that is true or false into target, unless it is not given.
func boolean(o connectors.Options, key string, target *bool) error {
	text, ok := o[key]
	if !ok {
		return nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("%s must be true or false", key)
	}
	*target = value
	return nil
}
