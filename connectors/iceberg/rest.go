package iceberg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	iceberg "github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/catalog/rest"
	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// restSettings say how a REST catalog is reached.
type restSettings struct {
	url, warehouse, scope string
	token, credential     connectors.Secret
	oauth                 *url.URL // nil: the catalog's own
}

func (r *restSettings) parse(o connectors.Options) error {
	*r = restSettings{
		url: o["catalog_url"], warehouse: o["catalog_warehouse"], scope: o["scope"],
		token: connectors.Secret(o["token"]), credential: connectors.Secret(o["credential"]),
	}
	for _, key := range []string{"catalog_url", "oauth_url"} {
		u, err := url.Parse(o[key])
		if o[key] != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
			return fmt.Errorf("%s must be http://host[:port]/path or https://host[:port]/path", key)
		}
		if key == "oauth_url" && o[key] != "" {
			r.oauth = u
		}
	}
	switch {
	case r.url == "":
		return fmt.Errorf("option catalog_url is missing")
	case r.token != "" && r.credential != "":
		return fmt.Errorf("token and credential exclude each other")
	}
	return nil
}

// restCatalog is a catalog behind Iceberg's REST API. Its tables are read with the credentials of the source, not with any that it vends.
type restCatalog struct {
	settings restSettings

	mu     sync.Mutex
	client *rest.Catalog
}

func (c *restCatalog) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client == nil {
		return nil
	}
	return c.client.Close()
}

// connect asks the catalog for its configuration, once.
func (c *restCatalog) connect(ctx context.Context) (*rest.Catalog, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client, nil
	}
	s := c.settings
	options := []rest.Option{}
	if s.warehouse != "" {
		options = append(options, rest.WithWarehouseLocation(s.warehouse))
	}
	if s.token != "" {
		options = append(options, rest.WithOAuthToken(s.token.Reveal()))
	}
	if s.credential != "" {
		options = append(options, rest.WithCredential(s.credential.Reveal()))
	}
	if s.oauth != nil {
		options = append(options, rest.WithAuthURI(s.oauth))
	}
	if s.scope != "" {
		options = append(options, rest.WithScope(s.scope))
	}
	client, err := rest.NewCatalog(ctx, "", s.url, options...)
	if err != nil {
		return nil, c.fail(ctx, err)
	}
	c.client = client
	return client, nil
}

// fail gives an error of the client its code.
func (c *restCatalog) fail(ctx context.Context, err error) error {
	code := sqlerr.SourceError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, rest.ErrUnauthorized), errors.Is(err, rest.ErrForbidden), errors.Is(err, rest.ErrAuthorizationExpired), errors.Is(err, rest.ErrOAuthError):
		code = sqlerr.SourceAuth
	case errors.Is(err, rest.ErrServiceUnavailable), isNetwork(err):
		code = sqlerr.SourceDown
	}
	return sqlerr.Wrap(code, err, "catalog %s", c.settings.url)
}

// isNetwork reports that there was no answer.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// wholeList asks for lists as a whole. For a first page of some size iceberg-go sends no token, which catalogs refuse: the specification has an
// empty one there. What a catalog pages by itself is followed.
func wholeList(ctx context.Context, client *rest.Catalog) context.Context {
	return client.SetPageSize(ctx, 0)
}

func (c *restCatalog) namespaces(ctx context.Context) ([]string, error) {
	client, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for waiting := []table.Identifier{nil}; len(waiting) > 0; waiting = waiting[1:] {
		below, err := client.ListNamespaces(wholeList(ctx, client), waiting[0])
		if err != nil {
			return nil, c.fail(ctx, err)
		}
		for _, n := range below {
			out = append(out, strings.Join(n, "."))
			waiting = append(waiting, n)
		}
	}
	return out, nil
}

func (c *restCatalog) tables(ctx context.Context, namespace string) ([]string, error) {
	client, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for id, err := range client.ListTables(wholeList(ctx, client), iceberg.ToIdentifier(namespace)) {
		if errors.Is(err, iceberg.ErrNoSuchNamespace) {
			return nil, nil
		}
		if err != nil {
			return nil, c.fail(ctx, err)
		}
		out = append(out, id[len(id)-1])
	}
	return out, nil
}

func (c *restCatalog) load(ctx context.Context, namespace, name string) (table.Metadata, string, error) {
	client, err := c.connect(ctx)
	if err != nil {
		return nil, "", err
	}
	t, err := client.LoadTable(ctx, append(iceberg.ToIdentifier(namespace), name))
	if errors.Is(err, iceberg.ErrNoSuchTable) || errors.Is(err, iceberg.ErrNoSuchNamespace) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", c.fail(ctx, err)
	}
	return t.Metadata(), t.MetadataLocation(), nil
}
