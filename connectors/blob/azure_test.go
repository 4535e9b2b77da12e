package blob

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/silogate/silogate/engine/sqlerr"
)

// azureOf is the store of a container that answer serves, read without credentials.
func azureOf(t *testing.T, answer http.HandlerFunc) *Azure {
	t.Helper()
	server := httptest.NewServer(answer)
	endpoint, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAzure(AzureConfig{Endpoint: endpoint, Account: "acct", Container: "c", Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.Close()
		server.Close()
	})
	return a
}

func azureListing(blobs, next string) string {
	return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>` + blobs + `</Blobs><NextMarker>` + next + `</NextMarker></EnumerationResults>`
}

func azureBlob(name string) string {
	return `<Blob><Name>` + name + `</Name><Properties><Etag>0x1</Etag><Content-Length>3</Content-Length></Properties></Blob>`
}

func azureFolder(name string) string { return `<BlobPrefix><Name>` + name + `</Name></BlobPrefix>` }

// TestAzurePages follows markers, also past a page without blobs, and reads names that XML can't have and directories, which are none.
func TestAzurePages(t *testing.T) {
	a := azureOf(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, map[string]string{
			"":  azureListing(azureBlob("a"), "2"),
			"2": azureListing("", "3"),
			"3": azureListing(`<Blob><Name Encoded="true">b%EF%BF%BE</Name><Properties><Etag>0x2</Etag><Content-Length>5</Content-Length></Properties></Blob>`+
				`<Blob><Name>d</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>`+azureBlob("d/e"), ""),
		}[r.URL.Query().Get("marker")])
	})
	if got, want := list(t, a, ListOptions{}), []string{"a", "b\ufffe", "d/e"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAzureHierarchies has the order of accounts with a hierarchical namespace, where folder a comes before a-b.
func TestAzureHierarchies(t *testing.T) {
	a := azureOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("delimiter") == "" {
			io.WriteString(w, azureListing(azureBlob("a/1")+azureBlob("a-b/2"), ""))
			return
		}
		if r.URL.Query().Get("marker") == "" {
			io.WriteString(w, azureListing(azureFolder("a/"), "more"))
			return
		}
		io.WriteString(w, azureListing(azureFolder("a-b/"), ""))
	})
	if got, want := list(t, a, ListOptions{Folders: true}), []string{"a-b/", "a/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var last error
	for _, err := range a.List(t.Context(), ListOptions{}) {
		last = err
	}
	if !sqlerr.Is(last, sqlerr.Unsupported) || !strings.Contains(last.Error(), "/c/a-b/2 is listed after") {
		t.Errorf("keys out of order: %v", last)
	}
}

// TestAzureAnswersThatBreakOff are asked for again, the listing as a whole.
func TestAzureAnswersThatBreakOff(t *testing.T) {
	asked := 0
	a := azureOf(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		whole := azureListing(azureBlob("a"), "")
		if asked == 1 {
			w.Header().Set("Content-Length", "1000")
		}
		io.WriteString(w, whole)
	})
	if got := list(t, a, ListOptions{}); !slices.Equal(got, []string{"a"}) || asked != 2 {
		t.Errorf("%q in %d requests", got, asked)
	}
}

// ticket is a credential whose tokens end soon.
type ticket struct {
	lasts time.Duration
	err   error
	given int
	scope []string
}

func (c *ticket) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.given++
	c.scope = o.Scopes
	return azcore.AccessToken{Token: "ticket", ExpiresOn: time.Now().Add(c.lasts)}, c.err
}

// TestAzureTokens are kept until shortly before their end, and sent to the store.
func TestAzureTokens(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer ticket" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, azureListing(azureBlob("a"), ""))
	}))
	defer server.Close()
	endpoint, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	for name, c := range map[string]struct {
		credential *ticket
		given      int
		fails      string
	}{
		"an hour":   {&ticket{lasts: time.Hour}, 1, ""},
		"ends soon": {&ticket{lasts: time.Minute}, 3, ""},
		"none": {&ticket{err: errors.New("AADSTS7000215: no such secret\nPOST https://login")}, 3,
			"list " + server.URL + "/c/: there is no token of Microsoft Entra: AADSTS7000215: no such secret"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := NewAzure(AzureConfig{Endpoint: endpoint, Account: "acct", Container: "c", CA: certificate, Anonymous: true})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			a.authorize = newBearer(a.tokens(c.credential)).authorize
			for range 3 {
				for e, err := range a.List(t.Context(), ListOptions{}) {
					if c.fails == "" && (err != nil || e.Key != "a") {
						t.Errorf("%+v, %v", e, err)
					}
					if c.fails != "" && (!sqlerr.Is(err, sqlerr.SourceAuth) || err.Error() != c.fails) {
						t.Errorf("%v\nwant %s", err, c.fails)
					}
				}
			}
			if c.credential.given != c.given || !slices.Equal(c.credential.scope, []string{"https://storage.azure.com/.default"}) {
				t.Errorf("%d tokens for %q", c.credential.given, c.credential.scope)
			}
		})
	}
}

// TestAzureGuardsCredentials gives tokens to nobody who could use them elsewhere.
func TestAzureGuardsCredentials(t *testing.T) {
	principal := AzurePrincipal{Tenant: "00000000-0000-0000-0000-000000000000", Client: "c", Secret: "hunter2"}
	for endpoint, c := range map[string]struct {
		config AzureConfig
		fails  string
	}{
		"https://acct.blob.core.windows.net":                {AzureConfig{}, ""},
		"https://blob.core.windows.net":                     {AzureConfig{}, "credentials of the environment are for endpoints of Azure only"},
		"http://acct.blob.core.windows.net":                 {AzureConfig{}, "over https:// only"},
		"https://acct.blob.core.windows.net.example.com":    {AzureConfig{}, "credentials of the environment are for endpoints of Azure only"},
		"https://storage.example.com/acct":                  {AzureConfig{Principal: principal}, ""},
		"http://storage.example.com/acct":                   {AzureConfig{Principal: principal}, "over https:// only"},
		"https://acct.blob.core.usgovcloudapi.net":          {AzureConfig{Key: "hunter2!"}, "the key of the account is no Base64"},
		"https://acct.blob.core.chinacloudapi.cn":           {AzureConfig{CA: "none"}, "option ca holds no certificate in PEM"},
		"http://127.0.0.1:10000/devstoreaccount1/anonymous": {AzureConfig{Anonymous: true}, ""},
	} {
		var err error
		if c.config.Endpoint, err = url.Parse(endpoint); err != nil {
			t.Fatal(err)
		}
		c.config.Account, c.config.Container = "acct", "c"
		_, err = NewAzure(c.config)
		if c.fails == "" && err != nil || c.fails != "" && (!sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v, want %q", endpoint, err, c.fails)
		}
	}
}
