package blob

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// GCSConfig says how to reach a bucket of Google Cloud Storage. Without Credentials they are the environment's, as Google's own programs
// find them. With keys for HMAC a bucket is read as an S3 with Google set.
type GCSConfig struct {
	Bucket      string
	Endpoint    *url.URL          // nil: Google's
	CA          string            // certificates in PEM that the endpoint's may be signed by, besides those of the system
	Credentials connectors.Secret // the JSON of a service account's key, or of a user who has logged in; "": the environment's
	Anonymous   bool              // public buckets
	UserProject string            // that pays for requests; "": the bucket's

	Log *slog.Logger // hears at level debug what errors hold besides; nil: nobody does
}

// GCS is a bucket of Google Cloud Storage, read by its JSON interface. An object's version is its generation.
type GCS struct {
	*server
	config GCSConfig
}

// googleStorage is where Google's own service is.
const googleStorage = "storage.googleapis.com"

// NewGCS returns the store of a bucket, without I/O. It fails if credentials are malformed, or would be given to somebody else.
func NewGCS(config GCSConfig) (*GCS, error) {
	if config.Endpoint == nil {
		config.Endpoint = &url.URL{Scheme: "https", Host: googleStorage}
	}
	server, err := newServer(config.CA, config.Log)
	if err != nil {
		return nil, err
	}
	server.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	g := &GCS{server: server, config: config}
	g.authorize = func(*http.Request) error { return nil }
	if !config.Anonymous {
		tokens, err := googleTokens(config, server.log)
		if err != nil {
			return nil, err
		}
		g.authorize = newBearer(tokens).authorize
	}
	return g, nil
}

// Location returns the gs:// URL of a key.
func (g *GCS) Location(key string) string { return "gs://" + g.config.Bucket + "/" + key }

// ask is a request for an object, or with an empty key for a listing.
func (g *GCS) ask(doing, key string, parameters url.Values) ask {
	u := *g.config.Endpoint
	u.Path = strings.TrimSuffix(u.Path, "/") + "/storage/v1/b/" + g.config.Bucket + "/o"
	if key != "" {
		u.RawPath = u.Path + "/" + url.PathEscape(key)
		u.Path += "/" + key
	}
	if g.config.UserProject != "" {
		parameters.Set("userProject", g.config.UserProject)
	}
	u.RawQuery = parameters.Encode()
	return ask{doing: doing, location: g.Location(key), method: http.MethodGet, url: &u, header: make(http.Header)}
}

// gcsObject is what the service says of an object. Numbers are texts.
type gcsObject struct {
	Name       string    `json:"name"`
	Size       string    `json:"size"`
	Generation string    `json:"generation"`
	Updated    time.Time `json:"updated"`
}

// gcsFields are the fields that are asked for.
const gcsFields = "name,size,generation,updated"

func (o gcsObject) object() (Object, error) {
	size, err := strconv.ParseInt(o.Size, 10, 64)
	if err != nil || o.Generation == "" {
		return Object{}, fmt.Errorf("object %s has neither a size nor a generation", o.Name)
	}
	return Object{Key: o.Name, Size: size, ETag: o.Generation}, nil
}

// Stat asks for an object's description.
func (g *GCS) Stat(ctx context.Context, key string) (Object, error) {
	var described gcsObject
	ask := g.ask("read", key, url.Values{"fields": {gcsFields}})
	if err := g.describe(ctx, ask, &described); err != nil {
		return Object{}, err
	}
	o, err := described.object()
	if err != nil {
		return Object{}, sqlerr.Wrap(sqlerr.SourceError, err, "%s: the store's answer is malformed", ask.location)
	}
	return o, nil
}

// describe reads an answer into what it is of.
func (g *GCS) describe(ctx context.Context, ask ask, answer any) error {
	response, err := g.fetch(ctx, ask)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return g.refused(ask, response)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return sqlerr.Wrap(sqlerr.SourceError, err, "%s %s: the store's answer is malformed", ask.doing, ask.location)
	}
	return nil
}

// Read gets a range of the generation, of any if the object is written once. A body that breaks off is resumed where it did.
func (g *GCS) Read(ctx context.Context, o Object, off int64, p []byte) error {
	parameters := url.Values{"alt": {"media"}}
	if o.ETag != "" {
		parameters.Set("ifGenerationMatch", o.ETag)
	}
	ask := g.ask("read", o.Key, parameters)
	ask.header.Set("Accept-Encoding", "gzip") // else an object that was stored compressed is decompressed, and has no ranges
	generation := func(h http.Header) string { return h.Get("X-Goog-Generation") }
	return g.read(ctx, ranged{ask: ask, version: generation, refused: g.refused}, o, off, p)
}

// refused says what the service has answered instead of an object or a listing.
func (g *GCS) refused(ask ask, response *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(response.Body, mostOfARefusal)) // what there is of it
	said, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &body) == nil && body.Error.Message != "" {
		said = body.Error.Message
	}
	switch status := response.StatusCode; {
	case status == http.StatusNotFound && (ask.doing == "list" || strings.Contains(said, "bucket does not exist")):
		return sqlerr.New(sqlerr.SourceError, "%s %s: the bucket %s does not exist", ask.doing, ask.location, g.config.Bucket)
	case status == http.StatusNotFound:
		return sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", ask.location)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return sqlerr.New(sqlerr.SourceAuth, "%s %s: the store refuses access: status %d, %s", ask.doing, ask.location, status, said)
	default:
		return sqlerr.New(sqlerr.SourceError, "%s %s: the store answers status %d, %s", ask.doing, ask.location, status, said)
	}
}

// gcsPage is an answer to a request for a listing.
type gcsPage struct {
	Items         []gcsObject `json:"items"`
	Prefixes      []string    `json:"prefixes"`
	NextPageToken string      `json:"nextPageToken"`
}

// List pages through the bucket's objects.
func (g *GCS) List(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	parameters := url.Values{"fields": {"items(" + gcsFields + "),prefixes,nextPageToken"}}
	if o.Prefix != "" {
		parameters.Set("prefix", o.Prefix)
	}
	if o.Folders {
		parameters.Set("delimiter", "/")
	}
	if o.After != "" {
		parameters.Set("startOffset", o.After)
	} else if o.Limit > 0 && o.Limit < mostOfAGooglePage {
		parameters.Set("maxResults", strconv.Itoa(o.Limit))
	}
	return func(yield func(Entry, error) bool) {
		for count := 0; ; {
			ask := g.ask("list", "", parameters)
			ask.location = g.Location(o.Prefix)
			var page gcsPage
			err := g.describe(ctx, ask, &page)
			entries, malformed := page.entries()
			if err == nil && malformed != nil {
				err = sqlerr.Wrap(sqlerr.SourceError, malformed, "list %s: the store's answer is malformed", ask.location)
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range entries {
				if !e.Folder && e.Key <= o.After {
					continue
				}
				count++
				if !yield(e, nil) || count == o.Limit {
					return
				}
			}
			if page.NextPageToken == "" {
				return
			}
			parameters.Set("pageToken", page.NextPageToken)
		}
	}
}

// mostOfAGooglePage is how many objects the service lists with one request.
const mostOfAGooglePage = 1000

// entries brings the objects and folders of a page, each ascending, into one order.
func (p gcsPage) entries() ([]Entry, error) {
	entries, folders := make([]Entry, 0, len(p.Items)+len(p.Prefixes)), p.Prefixes
	for _, item := range p.Items {
		o, err := item.object()
		if err != nil {
			return nil, err
		}
		for len(folders) > 0 && folders[0] < o.Key {
			entries, folders = append(entries, folder(folders[0])), folders[1:]
		}
		entries = append(entries, Entry{Object: o, Modified: item.Updated})
	}
	for _, f := range folders {
		entries = append(entries, folder(f))
	}
	return entries, nil
}
