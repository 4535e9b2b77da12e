package blob

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// AzureConfig says how to reach a container of Azure Blob Storage. At most one of Key, SAS, Principal and Anonymous is given; without any,
// the credential is the one that Microsoft Entra has for the environment.
type AzureConfig struct {
	Endpoint  *url.URL // of the account: https://account.blob.core.windows.net, or one whose path is the account
	Account   string
	Container string
	CA        string // certificates in PEM that the endpoint's may be signed by, besides those of the system

	Key       connectors.Secret // of the account, in Base64
	SAS       connectors.Secret // parameters of an address that are a shared access signature
	Principal AzurePrincipal
	Anonymous bool // public containers

	Log *slog.Logger // hears at level debug what errors hold besides; nil: nobody does
}

// AzurePrincipal is an application of Microsoft Entra; the zero value is none.
type AzurePrincipal struct {
	Tenant, Client string
	Secret         connectors.Secret
}

// Azure is a container of Azure Blob Storage, read by two of its service's operations: List Blobs and Get Blob.
type Azure struct {
	*server
	config AzureConfig
}

// azureVersion is that of the service's interface.
const azureVersion = "2021-12-02"

// NewAzure returns the store of a container, without I/O. It fails if a credential is malformed, or would be given to somebody else.
func NewAzure(config AzureConfig) (*Azure, error) {
	server, err := newServer(config.CA, config.Log)
	if err != nil {
		return nil, err
	}
	server.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := &Azure{server: server, config: config}
	credentials, err := a.credentials()
	if err != nil {
		return nil, err
	}
	a.authorize = func(r *http.Request) error {
		r.Header.Set("X-Ms-Version", azureVersion)
		return credentials(r)
	}
	return a, nil
}

// credentials is what gives requests those of the configuration.
func (a *Azure) credentials() (func(*http.Request) error, error) {
	c := a.config
	switch {
	case c.Anonymous:
		return func(*http.Request) error { return nil }, nil
	case c.Key != "":
		key, err := newSharedKey(c.Account, c.Key)
		if err != nil {
			return nil, err
		}
		return key.sign, nil
	case c.SAS != "":
		signature := strings.TrimPrefix(c.SAS.Reveal(), "?")
		return func(r *http.Request) error {
			r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&"+signature, "&")
			return nil
		}, nil
	}
	return a.entra()
}

// entra is what gives requests tokens of Microsoft Entra. They are worth as much as the key of an account to who sees them: they are sent
// encrypted only, and those of the environment to nobody but Azure, since who names an endpoint need not be who owns the environment.
func (a *Azure) entra() (func(*http.Request) error, error) {
	c := a.config
	if c.Endpoint.Scheme != "https" {
		return nil, sqlerr.New(sqlerr.BadOption, "tokens of Microsoft Entra are sent over https:// only")
	}
	var credential azcore.TokenCredential
	var err error
	if c.Principal != (AzurePrincipal{}) {
		credential, err = azidentity.NewClientSecretCredential(c.Principal.Tenant, c.Principal.Client, c.Principal.Secret.Reveal(), nil)
	} else if !AzureHost(c.Endpoint.Hostname()) {
		return nil, sqlerr.New(sqlerr.BadOption, "credentials of the environment are for endpoints of Azure only")
	} else {
		credential, err = azidentity.NewDefaultAzureCredential(nil)
	}
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.BadOption, err, "Microsoft Entra")
	}
	return newBearer(a.tokens(credential)).authorize, nil
}

// tokens asks a credential for tokens. What it says is several lines long.
func (a *Azure) tokens(credential azcore.TokenCredential) func(context.Context) (string, time.Time, error) {
	return func(ctx context.Context) (string, time.Time, error) {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}})
		if err != nil {
			a.log.Debug("Microsoft Entra gave no token", "error", err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			return "", time.Time{}, fmt.Errorf("there is no token of Microsoft Entra: %s", strings.TrimSpace(first))
		}
		return token.Token, token.ExpiresOn, nil
	}
}

// AzureHost reports that a host is an account's of Azure Blob Storage, of any of its clouds.
func AzureHost(host string) bool {
	return slices.ContainsFunc([]string{".windows.net", ".usgovcloudapi.net", ".chinacloudapi.cn"}, func(cloud string) bool {
		account, ok := strings.CutSuffix(host, ".blob.core"+cloud)
		return ok && account != ""
	})
}

// address is that of a key, or of the container.
func (a *Azure) address(key string, parameters url.Values) *url.URL {
	u := *a.config.Endpoint
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + a.config.Container
	if key != "" {
		u.Path += "/" + key
	}
	u.RawPath, u.RawQuery = "", parameters.Encode()
	return &u
}

// Location returns the URL of a key.
func (a *Azure) Location(key string) string {
	u := *a.config.Endpoint
	return u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/") + "/" + a.config.Container + "/" + key
}

func (a *Azure) ask(doing, method, key string) ask {
	return ask{doing: doing, location: a.Location(key), method: method, url: a.address(key, nil), header: make(http.Header)}
}

// Stat asks for the header of a blob.
func (a *Azure) Stat(ctx context.Context, key string) (Object, error) {
	ask := a.ask("read", http.MethodHead, key)
	response, err := a.send(ctx, ask)
	if err != nil {
		return Object{}, err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return Object{}, a.refused(ask, response)
	}
	if response.Header.Get("X-Ms-Resource-Type") == "directory" { // of a hierarchical namespace
		return Object{}, sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", ask.location)
	}
	return Object{Key: key, Size: response.ContentLength, ETag: response.Header.Get("ETag")}, nil
}

// Read gets a range with If-Match, unless the blob is written once. A body that breaks off is resumed where it did.
func (a *Azure) Read(ctx context.Context, o Object, off int64, p []byte) error {
	ask := a.ask("read", http.MethodGet, o.Key)
	if o.ETag != "" {
		ask.header.Set("If-Match", o.ETag)
	}
	tag := func(h http.Header) string { return h.Get("ETag") }
	return a.read(ctx, ranged{ask: ask, version: tag, refused: a.refused}, o, off, p)
}

// refused says what the service has answered instead of a blob or a listing. Only the first line of a message is for people: the others
// are the request's id, and what was signed.
func (a *Azure) refused(ask ask, response *http.Response) error {
	body := struct{ Code, Message string }{Code: response.Header.Get("X-Ms-Error-Code")}
	_ = xml.NewDecoder(io.LimitReader(response.Body, mostOfARefusal)).Decode(&body) // without one the code is the header's
	said := body.Code
	if line, _, _ := strings.Cut(body.Message, "\n"); line != "" {
		said += ": " + strings.TrimSpace(line)
	}
	status := response.StatusCode
	switch {
	case body.Code == "ContainerNotFound" || body.Code == "ContainerBeingDeleted":
		return sqlerr.New(sqlerr.SourceError, "%s %s: the container %s does not exist", ask.doing, ask.location, a.config.Container)
	case status == http.StatusNotFound:
		return sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", ask.location)
	case status == http.StatusUnauthorized || status == http.StatusForbidden || body.Code == "PublicAccessNotPermitted":
		return sqlerr.New(sqlerr.SourceAuth, "%s %s: the store refuses access: status %d, %s", ask.doing, ask.location, status, said)
	}
	if id := response.Header.Get("X-Ms-Request-Id"); id != "" {
		said += " (request " + id + ")"
	}
	return sqlerr.New(sqlerr.SourceError, "%s %s: the store answers status %d, %s", ask.doing, ask.location, status, said)
}

// mostOfARefusal is how many bytes say why a store refuses something.
const mostOfARefusal = 64 << 10

// List pages through List Blobs. Accounts with a hierarchical namespace list by name within each folder, so that folder a comes before
// a-b, whose key as an object's is less: the entries of one folder are put in order, and keys at any depth that are not in it are an error.
func (a *Azure) List(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	if o.Folders {
		return a.folder(ctx, o)
	}
	return func(yield func(Entry, error) bool) {
		count, last := 0, ""
		for e, err := range a.pages(ctx, o) {
			if err == nil && e.Key < last {
				err = sqlerr.New(sqlerr.Unsupported, "%s is listed after %s: files of an account with a hierarchical namespace are read where no name of a folder begins another's",
					a.Location(e.Key), a.Location(last))
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			last = e.Key
			if e.Key <= o.After {
				continue
			}
			count++
			if !yield(e, nil) || count == o.Limit {
				return
			}
		}
	}
}

// folder is the listing of one folder.
func (a *Azure) folder(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var entries []Entry
		for e, err := range a.pages(ctx, o) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			entries = append(entries, e)
		}
		slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
		for i, e := range entries {
			if !yield(e, nil) || i+1 == o.Limit {
				return
			}
		}
	}
}

// pages yields what the service lists, in its order.
func (a *Azure) pages(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	parameters := url.Values{"restype": {"container"}, "comp": {"list"}}
	if o.Prefix != "" {
		parameters.Set("prefix", o.Prefix)
	}
	if o.Folders {
		parameters.Set("delimiter", "/")
	} else if o.Limit > 0 && o.After == "" {
		parameters.Set("maxresults", strconv.Itoa(min(o.Limit, mostOfAPage)))
	}
	return func(yield func(Entry, error) bool) {
		for {
			ask := a.ask("list", http.MethodGet, o.Prefix)
			ask.url = a.address("", parameters)
			page, err := a.page(ctx, ask)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page.Entries.entries {
				if !yield(e, nil) {
					return
				}
			}
			if page.NextMarker == "" {
				return
			}
			parameters.Set("marker", page.NextMarker)
		}
	}
}

// mostOfAPage is how many blobs the service lists with one request.
const mostOfAPage = 5000

// azurePage is an answer of List Blobs.
type azurePage struct {
	Entries    azureEntries `xml:"Blobs"`
	NextMarker string
}

func (a *Azure) page(ctx context.Context, ask ask) (page azurePage, err error) {
	response, err := a.fetch(ctx, ask)
	if err != nil {
		return page, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return page, a.refused(ask, response)
	}
	if err := xml.NewDecoder(response.Body).Decode(&page); err != nil {
		return page, sqlerr.Wrap(sqlerr.SourceError, err, "%s %s: the store's answer is malformed", ask.doing, ask.location)
	}
	return page, nil
}
