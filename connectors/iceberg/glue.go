package iceberg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/iceberg-go/table"
	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/blob/storage"
	"github.com/silogate/silogate/engine/sqlerr"
)

// glueSettings say how AWS Glue is reached.
type glueSettings struct {
	endpoint string // "": that of the region
	id       string // of the catalog; "": that of the account
	aws      blob.S3Config
}

func (g *glueSettings) parse(o connectors.Options) (err error) {
	g.endpoint, g.id = o["catalog_url"], o["catalog_id"]
	if u, err := url.Parse(g.endpoint); g.endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "") {
		return fmt.Errorf("catalog_url must be http://host[:port] or https://host[:port]")
	}
	g.aws, err = storage.AWS(o)
	return err
}

// glueCatalog is AWS's Glue Data Catalog, of which three requests are made in its own protocol: the SDK's client has hundreds. Databases are
// namespaces, and tables say that they are of Iceberg by a parameter.
type glueCatalog struct {
	*source
	settings glueSettings
	log      *slog.Logger

	mu     sync.Mutex
	config *aws.Config // nil: not loaded yet
	http   *http.Client
}

// Parameters of a table of Iceberg, and the first's value.
const (
	glueTableType = "table_type"
	glueMetadata  = "metadata_location"
	glueIceberg   = "ICEBERG"
)

// glueTable is what Glue has of a table.
type glueTable struct {
	Name       string
	Parameters map[string]string
}

func (t glueTable) isIceberg() bool {
	return strings.EqualFold(t.Parameters[glueTableType], glueIceberg) && t.Parameters[glueMetadata] != ""
}

// errNoEntity is that of a database or a table that Glue does not have.
var errNoEntity = errors.New("there is no such entity")

func (c *glueCatalog) namespaces(ctx context.Context) ([]string, error) {
	var out []string
	for token := ""; ; {
		var page struct {
			DatabaseList []struct{ Name string }
			NextToken    string
		}
		if err := c.call(ctx, "GetDatabases", map[string]any{}, token, &page); err != nil {
			return nil, err
		}
		for _, d := range page.DatabaseList {
			out = append(out, d.Name)
		}
		if token = page.NextToken; token == "" {
			return out, nil
		}
	}
}

func (c *glueCatalog) tables(ctx context.Context, namespace string) ([]string, error) {
	var out []string
	for token := ""; ; {
		var page struct {
			TableList []glueTable
			NextToken string
		}
		err := c.call(ctx, "GetTables", map[string]any{"DatabaseName": namespace}, token, &page)
		if errors.Is(err, errNoEntity) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, t := range page.TableList {
			if t.isIceberg() {
				out = append(out, t.Name)
			}
		}
		if token = page.NextToken; token == "" {
			return out, nil
		}
	}
}

func (c *glueCatalog) load(ctx context.Context, namespace, name string) (table.Metadata, string, error) {
	var answer struct{ Table glueTable }
	err := c.call(ctx, "GetTable", map[string]any{"DatabaseName": namespace, "Name": name}, "", &answer)
	if errors.Is(err, errNoEntity) || err == nil && !answer.Table.isIceberg() {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	location := answer.Table.Parameters[glueMetadata]
	m, err := c.parse(ctx, location)
	return m, location, err
}

func (c *glueCatalog) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
	return nil
}

// connect reads the configuration of AWS, once.
func (c *glueCatalog) connect(ctx context.Context) (*aws.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.config != nil {
		return c.config, nil
	}
	of := c.settings.aws
	of.Log = c.log
	loaded, err := of.AWS(ctx)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "AWS configuration")
	}
	client, ok := loaded.HTTPClient.(*awshttp.BuildableClient) // it has the environment's certificates
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	c.config, c.http = &loaded, &http.Client{Transport: client.GetTransport(), Timeout: glueTimeout}
	return c.config, nil
}

// Limits of requests to Glue.
const (
	glueTimeout  = 20 * time.Second
	glueAttempts = 4
	gluePause    = 50 * time.Millisecond // doubled before each further attempt
	mostOfGlue   = 64 << 20              // bytes of an answer
)

func (s *glueSettings) address(region string) string {
	switch {
	case s.endpoint != "":
		return s.endpoint
	case strings.HasPrefix(region, "cn-"):
		return "https://glue." + region + ".amazonaws.com.cn"
	}
	return "https://glue." + region + ".amazonaws.com"
}

// call makes a request, again where Glue was too busy; token is that of a page.
func (c *glueCatalog) call(ctx context.Context, operation string, request map[string]any, token string, answer any) error {
	config, err := c.connect(ctx)
	if err != nil {
		return err
	}
	if c.settings.id != "" {
		request["CatalogId"] = c.settings.id
	}
	if token != "" {
		request["NextToken"] = token
	}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		busy, err := c.send(ctx, config, operation, body, answer)
		if !busy || attempt == glueAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(gluePause << attempt):
		}
	}
}

// send makes a request once, and reports whether it may succeed later.
func (c *glueCatalog) send(ctx context.Context, config *aws.Config, operation string, body []byte, answer any) (busy bool, err error) {
	address := c.settings.address(config.Region)
	fail := func(code sqlerr.Code, err error) error {
		return sqlerr.Wrap(code, err, "catalog %s: %s", address, operation)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false, fail(sqlerr.BadOption, err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSGlue."+operation)
	credentials, err := config.Credentials.Retrieve(ctx)
	if err == nil {
		hash := sha256.Sum256(body)
		err = signer.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), "glue", config.Region, time.Now())
	}
	if err != nil {
		return false, fail(sqlerr.SourceAuth, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return true, fail(sqlerr.SourceDown, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostOfGlue))
	if err != nil {
		return true, fail(sqlerr.SourceDown, err)
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, answer); err != nil {
			return false, fail(sqlerr.SourceError, err)
		}
		return false, nil
	}
	refused := glueRefusal(response.StatusCode, text)
	if refused.kind == "EntityNotFoundException" {
		return false, errNoEntity
	}
	return refused.busy(), fail(refused.code(), refused)
}

// refusal is what Glue answers instead.
type refusal struct {
	status        int
	kind, message string
}

func glueRefusal(status int, text []byte) refusal {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // Message too: letters' case does not count
	}
	_ = json.Unmarshal(text, &body) // without one there is the status
	return refusal{status, body.Type[strings.LastIndexByte(body.Type, '#')+1:], body.Message}
}

// Error implements error.
func (r refusal) Error() string {
	if r.kind == "" {
		return fmt.Sprintf("status %d", r.status)
	}
	return strings.TrimSuffix(r.kind+": "+r.message, ": ")
}

func (r refusal) busy() bool {
	return r.status >= http.StatusInternalServerError || r.status == http.StatusTooManyRequests || r.kind == "ThrottlingException"
}

func (r refusal) code() sqlerr.Code {
	refusals := []string{"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId", "ExpiredTokenException", "IncompleteSignatureException"}
	switch {
	case slices.Contains(refusals, r.kind), r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return sqlerr.SourceAuth
	case r.busy():
		return sqlerr.SourceDown
	}
	return sqlerr.SourceError
}
